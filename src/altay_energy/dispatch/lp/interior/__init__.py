"""Parts of the interior-point method."""
