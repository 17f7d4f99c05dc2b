"""What goes to standard error: a line an event, with the ID of its call, and nobody's address."""
