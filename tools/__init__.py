"""What developers run: never part of what is installed."""
