"""What is said of permissions and of the audit is what the tables say."""

import ast
import re
from pathlib import Path

import firmtrack
from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.accounts.models import User
from firmtrack.accounts.people import PersonState
from firmtrack.accounts.permissions import ADMINISTRATORS, PERMISSIONS, ROLES, Permission, may
from firmtrack.presentation.accounts import (
    PERMISSION_NAMES,
    ROLE_NAMES,
    SCOPE_NAMES,
    STATE_NAMES,
)
from firmtrack.presentation.audit import ACT_NAMES, KIND_NAMES, LOOKUP_NAMES, kind_name
from firmtrack.presentation.files import FileFormat
from firmtrack.store.acts import ActKind
from tools.links import ROOT

_RECORDERS = {"record_lookup", "_audit"}


def test_everything_has_a_name() -> None:
    assert PERMISSION_NAMES.keys() == set(Permission)
    assert ROLE_NAMES.keys() == PERMISSIONS.keys() == set(Role)
    assert STATE_NAMES.keys() == set(PersonState)
    assert SCOPE_NAMES.keys() == set(TokenScope)
    assert ROLES.keys() == set(PartyKind)
    assert dict(User._meta.get_field("role").flatchoices) == ROLE_NAMES
    assert ACT_NAMES.keys() == set(ActKind)
    assert len(KIND_NAMES) == len(LOOKUP_NAMES) + len(ACT_NAMES), "a kind of both would be neither"
    assert kind_name("only a newer one writes") == "only a newer one writes"


def test_every_party_has_a_usual_role_and_one_that_administers_it() -> None:
    for usual, administrator in ROLES.values():
        assert usual not in ADMINISTRATORS
        assert administrator in ADMINISTRATORS


def test_the_operations_guide_shows_the_table_of_permissions() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (header,) = re.findall(r"^\| \| (viewer .*) \|$", text, re.MULTILINE)
    named = {name[0].lower() + name[1:] if name != name.upper() else name: role
             for role, name in ROLE_NAMES.items()}  # fmt: skip
    roles = [named.get(name, named.get(name[0].lower() + name[1:])) for name in header.split(" | ")]
    assert roles == list(ROLE_NAMES)
    for permission, name in PERMISSION_NAMES.items():
        (row,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", text, re.MULTILINE)
        shown = [cell.strip() == "yes" for cell in row.split("|")]
        assert shown == [may(role, permission) for role in ROLE_NAMES], permission


def test_every_kind_of_look_up_that_is_recorded_has_a_name() -> None:
    kinds = set()
    for path in (Path(firmtrack.__file__).parent / "lookups").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                kind = call.args[1] if call.func.id in _RECORDERS else None
                if isinstance(kind, ast.Constant):
                    kinds.add(kind.value)
                if isinstance(kind, ast.JoinedStr):  # a file's, of any format
                    before = kind.values[0]
                    assert isinstance(before, ast.Constant)
                    kinds |= {f"{before.value!s}{file_format}" for file_format in FileFormat}
    assert kinds == LOOKUP_NAMES.keys()
