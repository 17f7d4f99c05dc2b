"""The HTTP API: thin routes that parse, make one call and render."""
