"""Firmtrack: Firmware Distribution Tracking for Great Britain's smart meters."""
