"""The values that look-ups give: frozen, ready to be shown."""
