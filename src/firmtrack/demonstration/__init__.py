"""The demonstration: a portal with simulated suppliers and traffic, and a receiver of notices."""
