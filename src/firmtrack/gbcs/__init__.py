"""Great Britain Companion Specification octets, read as values: no input, no output, no clock."""
