"""GBZ, in which GBCS carries Zigbee Cluster Library (ZCL) commands to and from gas meters.

What GBZ itself adds is big-endian; inside a command the ZCL is little-endian.
"""

from typing import Final

from firmtrack.gbcs.octets import MalformedGbcs, Octets

_PROFILE: Final = b"\x01\x09"

# No component follows, nothing is encrypted, no date-time is given from which to report.
_LAST_PLAIN_COMPONENT: Final = b"\x01"

# A command for any cluster, of no manufacturer's own, from the server.
_GLOBAL_FROM_SERVER: Final = 0x08
_DISABLE_DEFAULT_RESPONSE: Final = 0x10
_READ_ATTRIBUTES_RESPONSE: Final = b"\x01"
_SUCCESS: Final = 0x00


def take_component_count(octets: Octets) -> int:
    """Take the profile and the number of components, and return that. Raises MalformedGbcs."""
    octets.expect(_PROFILE, "the GBZ profile")
    return octets.number(1, "the number of GBZ components")


def take_attribute(octets: Octets, *, cluster: int, identifier: int) -> Octets | None:
    """Take a last component that answers a read of exactly this one attribute.

    Return the attribute's data type and value, to be read in turn; None if the device could not
    read it. Raises MalformedGbcs.
    Source: GBCS 4.3, GBZ Use Case Specific Component; ZCL, clauses 2.4.1 and 2.5.2.
    """
    octets.expect(_LAST_PLAIN_COMPONENT, "the Extended Header Control Field")
    octets.expect(cluster.to_bytes(2, "big"), "the Extended Header Cluster ID")
    size = octets.number(2, "the GBZ command length")
    command = Octets(octets.take(size, "the GBZ command"))
    frame_control = command.number(1, "the ZCL frame control")
    if frame_control & ~_DISABLE_DEFAULT_RESPONSE != _GLOBAL_FROM_SERVER:
        raise MalformedGbcs(f"the ZCL frame control, {frame_control:02x}, is not that of an answer")
    command.take(1, "the ZCL transaction sequence number")
    command.expect(_READ_ATTRIBUTES_RESPONSE, "the ZCL command identifier")
    command.expect(identifier.to_bytes(2, "little"), "the attribute identifier")
    if command.number(1, "the attribute's status") == _SUCCESS:
        return command
    command.end("the status of an attribute that could not be read")
    return None
