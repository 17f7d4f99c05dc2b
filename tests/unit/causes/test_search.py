"""What is found in worlds whose causes are known; many more of them: ``make bench``."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import cause_worlds as worlds
from bench.cause_making import World
from bench.causes import judge
from firmtrack.causes.cells import Cells, Standing
from firmtrack.causes.search import figures_of, find
from firmtrack.domain.causes import Attribute, CauseKind, Trait
from firmtrack.domain.stages import Stage
from tests.examples import examples, first_of
from tests.unit.causes.made import NOW, Row, cells_of, failed, request_id

HUB_FIRMWARE, FROM = Attribute.COMMS_HUB_FIRMWARE_VERSION, Attribute.FROM_VERSION
NORTH, SOUTH = {Attribute.CSP_REGION: "North"}, {Attribute.CSP_REGION: "South"}


def reordered(cells: Cells, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Cells:
    columns = ("request", "standing", "stage", "reason", "day", "count", "first", "last")
    return replace(
        cells,
        **{name: getattr(cells, name)[order] for name in columns},
        codes={attribute: codes[order] for attribute, codes in cells.codes.items()},
    )


@pytest.mark.parametrize("kind", first_of(worlds.NULLS))
@pytest.mark.parametrize("seed", first_of(range(2)))
def test_where_there_is_no_cause_none_is_named(kind: str, seed: int) -> None:
    assert judge(worlds.chance_alone(kind, seed)).wrong == ()


@pytest.mark.parametrize("kind", ["ages", "requests differ", "a first day", "a tiny supplier"])
def test_young_requests_and_requests_that_differ_are_no_cause(kind: str) -> None:
    assert judge(worlds.chance_alone(kind, 7)).wrong == ()


_OFTEN = (Attribute.MODEL, Attribute.CSP_REGION, HUB_FIRMWARE, Attribute.SERVICE_REQUEST_ID)


@pytest.mark.parametrize(
    "attribute",
    [a if a in _OFTEN else pytest.param(a, marks=pytest.mark.thorough) for a in Attribute],
)
def test_one_trait_is_found_exactly(attribute: Attribute) -> None:
    assert judge(worlds.single(attribute, *worlds.STRONG, "strong", 3)).is_right


@pytest.mark.parametrize("attribute", first_of([HUB_FIRMWARE, FROM, Attribute.CSP_REGION]))
def test_a_modest_cause_is_found_exactly(attribute: Attribute) -> None:
    assert judge(worlds.single(attribute, *worlds.MODEST, "modest", 3)).is_right


@pytest.mark.parametrize("attribute", first_of(worlds.BEGUN))
def test_a_cause_that_began_in_the_period_is_found_by_itself(attribute: Attribute) -> None:
    assert judge(worlds.begun(attribute, *worlds.STRONG, seed=10)).is_right


@pytest.mark.parametrize("attributes", first_of(worlds.PAIRS))
def test_two_traits_together_are_found_exactly(attributes: tuple[Attribute, Attribute]) -> None:
    assert judge(worlds.pair(attributes, *worlds.STRONG, "pair", 3)).is_right


@pytest.mark.parametrize("make", [worlds.several, worlds.overlapping])
def test_several_causes_are_found_beside_each_other(make: Callable[[int], World]) -> None:
    assert judge(make(3)).is_right


@pytest.mark.parametrize("kind", worlds.OUTAGES)
def test_an_outage_is_found_as_the_region_or_the_hubs(kind: str) -> None:
    assert judge(worlds.OUTAGES[kind](kind, 3)).is_right


def test_a_request_that_fails_somewhat_more_is_no_cause_and_a_bad_one_is() -> None:
    rows = [
        row
        for number in range(1, 31)
        for bad in [40 if number != 7 else 70]
        for row in (failed(bad, request=number), Row(2_000 - bad, request=number))
    ]
    assert find(cells_of(rows, ages=[20.0] * 30), now=NOW) == ()
    rows[12:14] = [failed(800, request=7), Row(1_200, request=7)]
    (cause,) = find(cells_of(rows, ages=[20.0] * 30), now=NOW)
    assert cause.key.traits == (Trait(Attribute.SERVICE_REQUEST_ID, str(request_id(7))),)


def test_a_request_is_not_compared_with_those_that_had_less_time() -> None:
    rows = [
        row
        for number in range(1, 10)
        for bad in [300 if number == 1 else 0]
        for row in (failed(bad, request=number), Row(1_000 - bad, request=number))
    ]
    rows = [row for row in rows if row.count]
    assert find(cells_of(rows, ages=[6.0, *[2.0] * 8]), now=NOW) == ()
    (cause,) = find(cells_of(rows, ages=[6.0, *[5.5] * 8]), now=NOW)
    assert cause.request_ids == (request_id(1),)


def test_what_is_not_known_is_never_a_trait() -> None:
    known = {Attribute.COMMS_HUB_MODEL: "H1"}
    rows = [failed(800), Row(200), failed(20, traits=known), Row(980, traits=known)]
    assert find(cells_of(rows), now=NOW) == ()


def test_too_few_are_no_cause() -> None:
    rows = [failed(4, traits=NORTH), Row(100_000, traits=SOUTH)]
    assert find(cells_of(rows), now=NOW) == ()
    assert find(cells_of([]), now=NOW) == ()
    assert find(cells_of([], ages=()), now=NOW) == ()


def test_of_what_the_very_same_updates_have_the_most_useful_is_named() -> None:
    quill = {Attribute.MODEL: "Q4", Attribute.MANUFACTURER: "Quill", Attribute.IMAGE_HASH: "AA"}
    other = {Attribute.MODEL: "P1", Attribute.MANUFACTURER: "Pen", Attribute.IMAGE_HASH: "BB"}
    rows = [
        row
        for number in range(1, 13)
        for traits in [quill if number == 3 else other]
        for bad in [900 if number == 3 else 20]
        for row in (
            failed(bad, request=number, traits=traits),
            Row(1_000 - bad, request=number, traits=traits),
        )
    ]
    (cause,) = find(cells_of(rows, ages=[20.0] * 12), now=NOW)
    assert cause.key.traits == (Trait(Attribute.MODEL, "Q4"),)
    assert cause.also == (
        Trait(Attribute.MANUFACTURER, "Quill"),
        Trait(Attribute.IMAGE_HASH, "AA"),
        Trait(Attribute.SERVICE_REQUEST_ID, str(request_id(3))),
    )


def test_causes_come_with_the_greatest_excess_first() -> None:
    world = worlds.several(3)
    causes = find(world.cells, now=world.now)
    excess = [cause.device_count - cause.elsewhere_share * cause.of_count for cause in causes]
    assert len(causes) == 4
    assert excess == sorted(excess, reverse=True)


def test_of_a_request_those_causes_are_told_that_its_updates_have() -> None:
    north = {Attribute.CSP_REGION: "North"}
    rows = [
        *(failed(200, traits=north, request=number) for number in (1, 2)),
        *(Row(300, request=number) for number in (1, 2, 3)),
    ]
    cells = cells_of(rows, ages=[20.0] * 3)
    (cause,) = find(cells, now=NOW)
    assert (cause.device_count, cause.elsewhere_of, cause.request_count) == (400, 900, 2)
    for number in (1, 2):
        (own,) = find(cells, now=NOW, of_request=request_id(number))
        assert own == replace(
            cause, device_count=200, of_count=200, by_day=((own.by_day[0][0], 200),)
        )
    assert find(cells, now=NOW, of_request=request_id(3)) == ()


def test_what_stands_still_waits_for_no_verdict_on_those_that_only_wait() -> None:
    csp = Stage.SENT_TO_CSP
    rows = [
        Row(500, Standing.STALLED, csp, traits=NORTH),
        Row(1_000, traits=SOUTH),
        Row(3_000, Standing.WAITING, csp, traits=SOUTH),
    ]
    (cause,) = find(cells_of(rows), now=NOW)
    assert cause.key.kind is CauseKind.STALLED
    assert cause.key.traits == (Trait(Attribute.CSP_REGION, "North"),)
    assert (cause.elsewhere_count, cause.elsewhere_of) == (0, 1_000)


def test_what_came_to_a_stand_later_elsewhere_hides_no_outage_from_before() -> None:
    csp = Stage.SENT_TO_CSP
    rows = [
        Row(90, Standing.STALLED, csp, ago=(12.0, 12.0), traits=NORTH),
        Row(10, traits=NORTH),
        Row(140, traits=SOUTH),
        Row(2, Standing.STALLED, csp, request=2, ago=(4.0, 4.0), traits=SOUTH),
        Row(3, request=2, traits=SOUTH),
    ]
    (cause,) = find(cells_of(rows, ages=[13.0, 5.0]), now=NOW)
    assert cause.key.traits == (Trait(Attribute.CSP_REGION, "North"),)
    assert cause.device_count == 90


def test_a_trouble_that_began_is_told_by_what_all_that_it_strikes_have() -> None:
    """All requests since it began are of one maker: the maker is not half of the cause."""
    old, new = {HUB_FIRMWARE: "1"}, {HUB_FIRMWARE: "2"}
    rows = []
    for number in range(1, 13):
        maker = {Attribute.MANUFACTURER: "A" if number > 6 or number % 2 else "B"}
        has_begun = number > 6
        rows += [
            failed(80 if has_begun else 2, request=number, traits=old | maker),
            Row(20 if has_begun else 98, request=number, traits=old | maker),
            failed(6, request=number, traits=new | maker),
            Row(294, request=number, traits=new | maker),
        ]
    (cause,) = find(cells_of(rows, ages=[26.0 - number for number in range(12)]), now=NOW)
    assert cause.key.traits == (Trait(HUB_FIRMWARE, "1"),)


@st.composite
def some_cells(draw: st.DrawFn) -> Cells:
    few = {
        Attribute.MODEL: st.sampled_from(["Q4", "Q5", "P1"]),
        Attribute.CSP_REGION: st.sampled_from(["North", "South", ""]),
        HUB_FIRMWARE: st.sampled_from(["1", "2"]),
    }
    standing = st.sampled_from(
        [
            (Standing.SUCCESSFUL, Stage.VERIFIED_BY_DEVICE, None),
            (Standing.WAITING, Stage.SENT_TO_CSP, None),
            (Standing.STALLED, Stage.SENT_TO_CSP, None),
            (Standing.FAILED, Stage.DELIVERED_TO_COMMS_HUB, "N61"),
            (Standing.FAILED, Stage.TRANSFERRED_TO_DEVICE, "image_discarded"),
        ]
    )
    count = st.one_of(st.integers(1, 9), st.integers(100, 3_000))
    rows = []
    for _ in range(draw(st.integers(2, 30))):
        how, stage, reason = draw(standing)
        traits = {attribute: draw(values) for attribute, values in few.items()}
        request = draw(st.integers(1, 4))
        rows.append(Row(draw(count), how, stage, reason, request, (9.0, 2.0), traits))
    return cells_of(rows, ages=draw(st.permutations([20.0, 12.0, 5.0, 3.0])))


@settings(max_examples=examples(60))
@given(some_cells(), st.randoms())
def test_neither_order_nor_splitting_of_cells_changes_anything(
    cells: Cells, random: Random
) -> None:
    found = find(cells, now=NOW)
    order = list(range(len(cells.count)))
    random.shuffle(order)
    assert find(reordered(cells, np.array(order)), now=NOW) == found
    twice = reordered(cells, np.repeat(np.arange(len(cells.count)), 2))
    half = cells.count // 2
    parts = np.stack([half, cells.count - half], axis=1).reshape(-1)
    assert find(replace(twice, count=parts), now=NOW) == found


@settings(max_examples=examples(60))
@given(some_cells())
def test_figures_add_up_and_are_of_updates_that_there_are(cells: Cells) -> None:
    total = int(cells.count.sum())
    for cause in find(cells, now=NOW):
        assert 0 < cause.device_count <= cause.of_count
        assert cause.elsewhere_count <= cause.elsewhere_of
        assert cause.of_count + cause.elsewhere_of <= total
        assert sum(count for _, count in cause.by_day) == cause.device_count
        assert cause.share > cause.elsewhere_share
        assert cause.first_at <= cause.last_at <= NOW
        assert all(trait.value for trait in (*cause.key.traits, *cause.also))
        assert figures_of(cells, cause.key, now=NOW) == cause


@pytest.mark.parametrize("attribute", first_of([HUB_FIRMWARE, Attribute.MODEL, FROM]))
def test_twice_as_many_of_everything_silence_nothing(attribute: Attribute) -> None:
    world = worlds.single(attribute, *worlds.MODEST, "twice", 3)
    found = {cause.key for cause in find(world.cells, now=world.now)}
    double = replace(world.cells, count=2 * world.cells.count)
    assert found
    assert found <= {cause.key for cause in find(double, now=world.now)}
