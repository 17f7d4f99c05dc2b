"""DUIS, the XML messages between DCC and its Users: octets to facts, and values to octets.

``reader.read`` is the way in, ``writer.write`` the way out.
"""

from firmtrack.duis.rejections import DuisRejected

__all__ = ["DuisRejected"]
