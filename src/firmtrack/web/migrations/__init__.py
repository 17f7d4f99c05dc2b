"""The history of the portal's own table."""
