"""Who signs in to the demonstration."""

from typing import NamedTuple

from firmtrack.accounts.kinds import PartyKind
from firmtrack.demonstration.estate import ALPHA, BRAVO
from firmtrack.domain.identifiers import Eui64


class Person(NamedTuple):
    """Someone who signs in to the demonstration; the first of a party administers it."""

    name: str
    email: str
    party: str
    kind: PartyKind
    user_ids: tuple[Eui64, ...]


ADA = Person("Ada", "ada@alpha.example", "Alpha Energy", PartyKind.LARGE_SUPPLIER, (ALPHA,))
ALF = Person("Alf", "alf@alpha.example", "Alpha Energy", PartyKind.LARGE_SUPPLIER, ())
BEN = Person("Ben", "ben@bravo.example", "Bravo Power", PartyKind.SMALL_SUPPLIER, (BRAVO,))
OLU = Person("Olu", "olu@dcc.example", "DCC", PartyKind.DCC, ())

CAST = (ADA, ALF, BEN, OLU)
