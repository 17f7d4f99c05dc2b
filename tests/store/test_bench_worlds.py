"""What the benchmarks measure on is what the ledger would leave, though SQL wrote it."""

from bench import lookup, performance
from firmtrack.store.consistency import DisagreementKind, disagreements


def test_the_devices_that_are_looked_up_are_whole(database: str) -> None:
    lookup.fill(database, 0, 5)
    lookup.fill(database, 5, 9)
    assert disagreements() == []


def test_the_distributions_that_are_counted_are_whole_but_for_messages(database: str) -> None:
    performance.fill(database, 25)
    kinds = {each.kind for each in disagreements()}
    assert kinds == {DisagreementKind.FACT_WITHOUT_MESSAGE}
