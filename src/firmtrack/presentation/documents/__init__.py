"""The answers as JSON: the objects of the API, and of the command line's ``--json``.

Each class is one object of the published schema, its docstring the schema's description of it.
Identifiers are canonical texts, times RFC 3339 in UTC. A value that is not known is null.
"""

from firmtrack.presentation.documents.causes import CauseList, cause_list
from firmtrack.presentation.documents.devices import Device, EventList, device, event_list
from firmtrack.presentation.documents.distributions import (
    DistributionList,
    Reason,
    distribution,
    distribution_list,
)
from firmtrack.presentation.documents.encoding import encode
from firmtrack.presentation.documents.inventories import DeviceInventory, device_inventory
from firmtrack.presentation.documents.messages import Message, message
from firmtrack.presentation.documents.notices import (
    EndpointList,
    NoticeList,
    endpoint_list,
    notice_list,
)
from firmtrack.presentation.documents.requests import (
    ServiceRequest,
    ServiceRequestList,
    service_request,
    service_request_list,
    service_request_with_distributions,
)

__all__ = [
    "CauseList",
    "Device",
    "DeviceInventory",
    "DistributionList",
    "EndpointList",
    "EventList",
    "Message",
    "NoticeList",
    "Reason",
    "ServiceRequest",
    "ServiceRequestList",
    "cause_list",
    "device",
    "device_inventory",
    "distribution",
    "distribution_list",
    "encode",
    "endpoint_list",
    "event_list",
    "message",
    "notice_list",
    "service_request",
    "service_request_list",
    "service_request_with_distributions",
]
