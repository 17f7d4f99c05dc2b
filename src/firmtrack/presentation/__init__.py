"""The words and formats that all outputs share."""
