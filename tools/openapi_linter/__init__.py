"""Holds the published OpenAPI document against the rules of Redocly's linter."""
