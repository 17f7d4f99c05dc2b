"""DUIS, the XML messages between DCC and its Users: octets to facts, and values to octets."""
