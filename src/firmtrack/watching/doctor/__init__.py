"""What is wrong with an installation, each with what to do about it: a table of checks."""
