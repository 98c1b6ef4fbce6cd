"""Problems of a scenario file, collected and worded."""
