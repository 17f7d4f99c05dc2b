"""The one way in: octets from anywhere are read, judged, recorded, and answered for."""
