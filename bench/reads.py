"""Every read there is of a filled store, by name; and that its answer is whole, and right."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from bench.filling import EVENTS_PER_DEVICE, device_at
from bench.scene import DCC
from bench.stores import OWNER_ID, Store
from firmtrack.answers.audit import AuditFilter
from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.answers.request_lists import RequestFilter
from firmtrack.answers.requests import DistributionFilter, DistributionPage, RequestAnswer
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import (
    audit,
    causes,
    device,
    first_known,
    freshness,
    handed_in,
    inventory,
    message,
    notices,
    performance,
    request,
    request_list,
    watches,
)
from firmtrack.lookups.as_of import Settled
from firmtrack.notices.watches import Watcher
from firmtrack.store.ledger.quarantine import list_quarantine
from firmtrack.store.reading import messages, requests
from firmtrack.store.reports import happenings

PAGE = 100

_OWNER = Viewer.of_user_ids("the large request's owner", [OWNER_ID], party="the owner")
_EVERYBODY = Viewer.of_dcc("bench")
_UNKNOWN_DEVICE = Eui64(0x00DB_EEEE_0000_0000)
_UNKNOWN_MESSAGE = UUID(int=404)
_UNKNOWN_REQUEST = RequestId(OWNER_ID, DCC, 404)

Read = Callable[[Store, Random], object]


def page(store: Store, *, after: Eui64 | None = None, as_of: Settled | None = None,
         wanted: DistributionFilter | None = None) -> object:  # fmt: skip
    """Return a page of the large request, as the store reads it."""
    return requests.list_distributions(
        _OWNER, store.large, wanted or DistributionFilter(), limit=PAGE, after=after, as_of=as_of
    )


def all_devices(store: Store, _: Random) -> object:
    listing = request.open_request_listing(_OWNER, store.large, DistributionFilter())
    return listing and sum(1 for _ in listing.distributions)


def first_page(store: Store, _: Random) -> object:
    return page(store)


def middle_page(store: Store, _: Random) -> object:
    return page(store, after=store.large_devices[len(store.large_devices) // 2])


def last_page(store: Store, _: Random) -> object:
    return page(store, after=store.large_devices[-PAGE - 1])


def page_by_pace(store: Store, _: Random) -> object:
    return page(store, wanted=DistributionFilter(pace=Pace.STALLED))


def pace_counts(store: Store, _: Random) -> object:
    return requests.count_paces(_OWNER, store.large)


def counts(store: Store, _: Random) -> object:
    return request.find_request(_OWNER, store.large)


def since_when(store: Store, chance: Random) -> object:
    device_id = device_at(chance.randrange(store.devices))
    return first_known.when_device_known(_EVERYBODY, device_id, long_before(store))


def since_when_inventory(store: Store, chance: Random) -> object:
    device_id = device_at(chance.randrange(store.devices))
    return first_known.when_inventory_known(_EVERYBODY, device_id, long_before(store))


def since_when_request(store: Store, _: Random) -> object:
    return first_known.when_request_known(_OWNER, store.large, long_before(store))


def long_before(store: Store) -> Settled:
    return Settled(store.known_at - timedelta(days=365))


def page_as_of(store: Store, _: Random) -> object:
    return page(store, as_of=store.known_at)


def counts_as_of(store: Store, _: Random) -> object:
    return request.find_request(_OWNER, store.large, as_of=store.known_at)


def csv(store: Store, _: Random, as_of: Settled | None = None) -> object:
    found = request.download_distributions(_OWNER, store.large, DistributionFilter(), as_of=as_of)
    assert isinstance(found, request.Download)
    return b"".join(found.blocks)


def csv_as_of(store: Store, chance: Random) -> object:
    return csv(store, chance, store.known_at)


def own_requests(_: Store, __: Random) -> object:
    return request_list.list_requests(_OWNER, RequestFilter(), limit=PAGE)


def all_requests(_: Store, __: Random) -> object:
    return request_list.list_requests(_EVERYBODY, RequestFilter(), limit=PAGE)


def what_happened(_: Store, __: Random) -> object:
    until = happenings.last_counted_at() or datetime.now(UTC)
    return happenings.happenings(_OWNER, until - timedelta(days=7), until, limit=5)


def some_device(store: Store, chance: Random, as_of: Settled | None = None) -> object:
    return device.find_device(_EVERYBODY, device_at(chance.randrange(store.devices)), as_of=as_of)


def some_device_as_of(store: Store, chance: Random) -> object:
    return some_device(store, chance, store.known_at)


def large_device(store: Store, chance: Random) -> object:
    return device.find_device(_OWNER, chance.choice(store.large_devices))


def large_device_as_of(store: Store, chance: Random) -> object:
    return device.find_device(_OWNER, chance.choice(store.large_devices), as_of=store.known_at)


def some_events(store: Store, chance: Random) -> object:
    number = chance.randrange(store.devices)
    return device.list_events(_EVERYBODY, device_at(number), store.request_of(number), limit=PAGE)


def some_page(store: Store, chance: Random) -> object:
    return device.open_device_page(_EVERYBODY, device_at(chance.randrange(store.devices)))


def some_refresh(store: Store, chance: Random) -> object:
    return device.refresh_device_page(_EVERYBODY, device_at(chance.randrange(store.devices)), None)


def some_inventory(store: Store, chance: Random) -> object:
    return inventory.find_inventory(_EVERYBODY, device_at(chance.randrange(store.devices)))


def some_peers(store: Store, chance: Random) -> object:
    return device.compare_device(_EVERYBODY, device_at(chance.randrange(store.devices)))


def some_message(store: Store, chance: Random) -> object:
    return message.find_message(_EVERYBODY, a_message_id(store, chance))


def what_became(store: Store, chance: Random) -> object:
    return handed_in.find_handed_in(_OWNER, a_message_id(store, chance), None)


def body_of_message(store: Store, chance: Random) -> object:
    return message.download_message(_EVERYBODY, a_message_id(store, chance))


def a_message_id(store: Store, chance: Random) -> UUID:
    number = chance.randrange(store.devices)
    found = device.list_events(_EVERYBODY, device_at(number), store.request_of(number), limit=PAGE)
    assert found is not None
    message_id = found.entries[0].message_id
    assert message_id is not None
    return message_id


def some_other_page(store: Store, chance: Random) -> object:
    return requests.list_distributions(
        _EVERYBODY,
        store.request_of(chance.randrange(store.devices)),
        DistributionFilter(),
        limit=PAGE,
    )


def own_performance(_: Store, __: Random) -> object:
    return performance.delivery_performance(_OWNER, PerformanceFilter())


def all_performance(_: Store, __: Random) -> object:
    return performance.delivery_performance(_EVERYBODY, PerformanceFilter())


def of_large(store: Store) -> CausesQuestion:
    """Return the question what the failures of the large request have in common."""
    return CausesQuestion(request_id=store.large)


def not_delivered(store: Store) -> CauseKey:
    """Return a cause that all failures of the large request are of."""
    trait = Trait(Attribute.SERVICE_REQUEST_ID, str(store.large))
    return CauseKey.of(Status.COMMS_HUB_DELIVERY_FAILED, "N61", [trait])


def its_causes(store: Store, _: Random) -> object:
    return causes.find_causes(_OWNER, of_large(store))


def its_causes_as_of(store: Store, _: Random) -> object:
    return causes.find_causes(_OWNER, of_large(store), as_of=store.known_at)


def all_causes(store: Store, _: Random) -> object:
    return causes.find_causes(_EVERYBODY, of_large(store))


def its_cause(store: Store, _: Random) -> object:
    found = causes.open_cause(_OWNER, not_delivered(store), of_large(store))
    assert found is not None
    return found


def devices_of_its_cause(store: Store, _: Random) -> object:
    found = causes.download_devices(_OWNER, not_delivered(store), of_large(store))
    assert found is not None
    return b"".join(found.blocks)


def new_device_list(store: Store, _: Random) -> object:
    found = causes.new_device_list(_OWNER, not_delivered(store), of_large(store))
    assert found is not None
    return found.text


def fresh(_: Store, __: Random) -> object:
    return freshness.freshness(_OWNER, datetime.now(UTC))


def its_audit(_: Store, __: Random) -> object:
    return audit.read_audit(_OWNER, AuditFilter(), limit=PAGE)


def newest_of_its_audit(_: Store, __: Random) -> object:
    return audit.find_audit(_OWNER, AuditFilter(), limit=PAGE)


def first_portion_of_its_audit(_: Store, __: Random) -> object:
    return next(audit.download_audit(_OWNER, AuditFilter()), None)


# By what is said of them: each is measured at both sizes.
READS: Mapping[str, Read] = {
    "its audit": its_audit,
    "the newest of its audit": newest_of_its_audit,
    "its audit as a file": first_portion_of_its_audit,
    "its causes": its_causes,
    "its causes as_of": its_causes_as_of,
    "causes of all": all_causes,
    "one cause": its_cause,
    "devices of a cause": devices_of_its_cause,
    "new device list of a cause": new_device_list,
    "device look-up": some_device,
    "a device’s events": some_events,
    "device look-up as_of": some_device_as_of,
    "page of a device": some_page,
    "page of a device, refreshed": some_refresh,
    "inventory of a device": some_inventory,
    "peers of a device": some_peers,
    "first page of another request": some_other_page,
    "counts of the large request": counts,
    "page of the large request": lambda store, _: request.open_request_page(
        _OWNER, store.large, DistributionFilter(), limit=PAGE
    ),
    "page of the large request, refreshed": lambda store, _: request.refresh_request_page(
        _OWNER, store.large, None
    ),
    "list of the large request": lambda store, _: request.list_distributions(
        _OWNER, store.large, DistributionFilter(), limit=PAGE
    ),
    "all devices of the large request": all_devices,
    "first page of the large request": first_page,
    "middle page of the large request": middle_page,
    "last page of the large request": last_page,
    "page by completion of the large request": lambda store, _: page(
        store, wanted=DistributionFilter(completion=CompletionStatus.SUCCESSFUL)
    ),
    "page by status of the large request": lambda store, _: page(
        store, wanted=DistributionFilter(status=Status.COMMS_HUB_DELIVERY_FAILED)
    ),
    "page by a status that none has of the large request": lambda store, _: page(
        store, wanted=DistributionFilter(status=Status.ACTIVATION_FAILED)
    ),
    "page by reason of the large request": lambda store, _: page(
        store, wanted=DistributionFilter(reason="N61")
    ),
    "page by pace of the large request": page_by_pace,
    "pace counts of the large request": pace_counts,
    "CSV of the large request": csv,
    "first page as_of of the large request": page_as_of,
    "counts as_of of the large request": counts_as_of,
    "delivery performance of one supplier": own_performance,
    "delivery performance of all": all_performance,
    "requests of one supplier": own_requests,
    "requests of all": all_requests,
    "what happened to one supplier’s requests": what_happened,
    "freshness": fresh,
    "notices, a page": lambda _, __: notices.list_notices(_OWNER, limit=PAGE),
    "page of notices": lambda _, __: notices.open_notices_page(
        _OWNER, _OWNER, limit=PAGE, state=None, before=None
    ),
    "endpoints": lambda _, __: notices.list_endpoints(_OWNER),
    "an endpoint": lambda _, __: notices.find_endpoint(_OWNER, 1),
    "a message": some_message,
    "what is kept of a message": body_of_message,
    "what became of a message": what_became,
    "an unknown message": lambda _, __: message.find_message(_OWNER, _UNKNOWN_MESSAGE),
    "what somebody watches": lambda _, __: watches.list_watches(
        Watcher(person_id=1, party_id=1, email="ada@alpha.example", viewer=_OWNER)
    ),
    "messages, the last 100": lambda _, __: messages.list_messages(limit=PAGE),
    "quarantine, what waits": lambda _, __: list_quarantine(),
    "an unknown device": lambda _, __: device.find_device(_EVERYBODY, _UNKNOWN_DEVICE),
    "since when a device is known": since_when,
    "since when its inventory is known": since_when_inventory,
    "since when the large request is known": since_when_request,
    "an unknown request": lambda _, __: request.find_request(_OWNER, _UNKNOWN_REQUEST),
}


def named(read: str, store: Store) -> str:
    """Return what a read is called, with the size of the large request."""
    return read.replace("the large request", f"a request of {len(store.large_devices):,} devices")


def check(store: Store) -> None:
    """Make sure that what is measured are whole answers, and right."""
    chance = Random(3)  # reproducible, not secret
    found = some_device(store, chance)
    assert isinstance(found, device.FoundDevice)
    (update,) = found.device.distributions
    assert update.distribution.status is Status.VERIFIED
    assert len(update.history) >= EVENTS_PER_DEVICE
    assert isinstance(some_inventory(store, chance), inventory.FoundInventory)
    answer = counts(store, chance)
    assert isinstance(answer, RequestAnswer)
    total = len(store.large_devices)
    assert answer.device_count == total
    assert answer.completion_counts[CompletionStatus.SUCCESSFUL] == total // 10 * 2
    then = counts_as_of(store, chance)
    assert isinstance(then, RequestAnswer)
    assert then.completion_counts == {
        CompletionStatus.FAILED: total // 10, CompletionStatus.IN_PROGRESS: total // 10 * 9
    }  # fmt: skip
    for read, first in ((first_page, 0), (last_page, total - PAGE), (page_as_of, 0)):
        listed = read(store, chance)
        assert isinstance(listed, DistributionPage)
        assert [each.device_id for each in listed.items] == list(
            store.large_devices[first : first + PAGE]
        )
    small = some_other_page(store, chance)
    assert isinstance(small, DistributionPage)
    assert {each.status for each in small.items} == {Status.VERIFIED}
    assert pace_counts(store, chance)
