"""What CloudEvents carry as their data, and the envelope: exactly these values are encoded.

The API’s description of webhooks is made from the same structures: webhook_description.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firmtrack.presentation.documents.fields import Count, EuiText, RequestIdText


class CloudEvent(Struct, frozen=True, kw_only=True):
    """A CloudEvent (CloudEvents 1.0) in structured JSON.

    id is the notice's, the same at every try, and the same as the header webhook-id. type is
    firmtrack., the topic, and .v1. time is when the notice was made.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: Any


class ChangedDevice(Struct, frozen=True, kw_only=True):
    """A device whose status changed, and when it did, as far as that is known."""

    device_id: EuiText
    updated_at: datetime | None


class DeviceChange(Struct, frozen=True, kw_only=True):
    """A change of status of one or more devices.

    user_id is the User ID that is told. service_request_id is null if the request is another
    party's, or there is none. devices are those that changed, or "all" of the request.
    is_correction is true where a message was taken back, and left out else. incident_id is what
    makes many updates fail, or stand still, alike. sentence says all this to people; reason_text
    what the reason means, null if there is no reason. link is the page about it: of the device if
    it is one, else of the request; null if no page is about all of it, or the operator has not set
    where people reach the portal.
    """

    user_id: EuiText
    service_request_id: RequestIdText | None
    firmware_version: str | None
    status: str
    reason: str | None
    updated_at: datetime | None
    device_count: Count
    devices: list[ChangedDevice] | Literal["all"]
    incident_id: UUID | None
    is_correction: bool | UnsetType = UNSET
    reason_text: str | None
    sentence: str
    link: str | None


class DistributionStalled(DeviceChange, frozen=True, kw_only=True):
    """Devices whose update stands still. current_status is the last status that they reached."""

    current_status: str | UnsetType = UNSET


class VersionsDisagree(DeviceChange, frozen=True, kw_only=True):
    """A device that runs another firmware version than the Smart Metering Inventory lists."""

    firmware_version_device: str | UnsetType | None = UNSET
    firmware_version_smi: str | UnsetType | None = UNSET


class EndpointSwitchedOff(Struct, frozen=True, kw_only=True):
    """Another endpoint of the party's was switched off, since its receiver wants nothing more.

    link is the endpoint's page, null if where people reach the portal is not set.
    """

    endpoint_id: int
    address: str
    reason: str
    reason_text: str
    sentence: str
    link: str | None


class EndpointTest(Struct, frozen=True, kw_only=True):
    """A test that someone of the party had sent. link is the endpoint's page, or null."""

    endpoint_id: int
    reason_text: str | None = None
    sentence: str
    link: str | None


class IncidentTold(Struct, frozen=True, kw_only=True):
    """What is news of an incident: sent to people, by mail, in place of each of its changes."""

    incident_id: UUID
    news: str
    service_request_id: RequestIdText | None
    status: str
    reason: str | None
    device_count: Count
    reason_text: str | None
    sentence: str
    link: str | None


class WatchTold(Struct, frozen=True, kw_only=True):
    """News of a device, a request or a cause that someone of the party watches by this endpoint.

    watching is device, service_request or cause; of device_id, service_request_id and cause_id
    those are set that are known. news is failed, stalled, ended, corrected, quiet or grown. reason
    is that of a device's failure. sentence says how it stands at the time of the event: what is
    told may combine several changes. is_over: the watch has ended, and only a correction may come.
    """

    watch_id: int
    watching: str
    news: str
    is_over: bool
    device_id: EuiText | None
    service_request_id: RequestIdText | None
    cause_id: str | None
    reason: str | None
    reason_text: str | None
    sentence: str
    link: str | None


EventData = DeviceChange | EndpointSwitchedOff | EndpointTest | IncidentTold | WatchTold
