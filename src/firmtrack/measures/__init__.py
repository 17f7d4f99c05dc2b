"""What processes count while they work, in memory that all processes of a server share."""

from firmtrack.measures.shared import MEASURES

__all__ = ["MEASURES"]
