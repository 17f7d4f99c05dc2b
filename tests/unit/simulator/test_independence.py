"""The simulated world and its oracle owe the tracker nothing: they cannot repeat its mistakes."""

import ast
from pathlib import Path

import pytest

import firmtrack.simulator

_SOURCES = sorted(
    source
    for place in (Path(firmtrack.simulator.__path__[0]), Path(__file__).parents[2] / "oracle")
    for source in place.glob("*.py")
)
_ALLOWED_MODULES = (
    "firmtrack.domain.identifiers",
    "firmtrack.duis.documents",
    "firmtrack.duis.signing",
    "firmtrack.duis.writer",
    "firmtrack.errors",
    "firmtrack.simulator",
)
_ALLOWED_STAGE_NAMES = {"ActivationStatus", "CompletionStatus", "Status", "Variant"}


def _imports(source: Path) -> list[tuple[str, str]]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name} imports relatively"
            found += [(str(node.module), alias.name) for alias in node.names]
    return [(module, name) for module, name in found if module.split(".")[0] == "firmtrack"]


def _is_allowed(module: str, name: str) -> bool:
    if module == "firmtrack.domain.stages":
        return name in _ALLOWED_STAGE_NAMES
    whole = (module, f"{module}.{name}")
    return any(
        one == allowed or one.startswith(f"{allowed}.")
        for one in whole
        for allowed in _ALLOWED_MODULES
    )


@pytest.mark.parametrize("source", _SOURCES, ids=lambda path: path.stem)
def test_the_simulator_and_its_oracle_import_none_of_the_trackers_rules(source: Path) -> None:
    assert [one for one in _imports(source) if not _is_allowed(*one)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("firmtrack.domain.precedence", "current_event"),
        ("firmtrack.domain", "attribution"),
        ("firmtrack.domain.activation", "activations_of"),
        ("firmtrack.domain.inventory", "merge"),
        ("firmtrack.domain.reconciliation", "flags_of"),
        ("firmtrack.domain.facts", "Event"),
        ("firmtrack.domain.stages", "completion_of"),
        ("firmtrack.domain.stages", "ActivationStep"),
        ("firmtrack.store", "ledger"),
        ("firmtrack.intake.receive", "receive"),
    ],
)
def test_the_rule_above_would_notice(module: str, name: str) -> None:
    assert not _is_allowed(module, name)
