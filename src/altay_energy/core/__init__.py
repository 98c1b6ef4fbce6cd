"""What every other room may use: constants, errors, time, text, and arrays that recur."""
