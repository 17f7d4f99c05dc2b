"""What failures have in common: a search among counts, for what is no chance."""
