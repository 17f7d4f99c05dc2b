import pytest

from firmtrack.answers.performance import Figures, Group
from firmtrack.presentation.performance import group_name

NOTHING = Figures(completions={}, timings={})


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (("ESME", "00AB", "1234"), "ESME 00AB 1234"),
        (("ESME", "00AB", ""), "ESME 00AB, model not known"),
        (("ESME", "", ""), "ESME, model not known"),
        (("ESME", "", "1234"), "ESME 1234, manufacturer not known"),
        (("", "00AB", "1234"), "00AB 1234, device type not known"),
        (("", "", ""), "Not known"),
        (("North",), "North"),
        (("",), "Not known"),
    ],
)
def test_a_group_is_named_by_what_is_known_of_it(value: tuple[str, ...], name: str) -> None:
    assert group_name(Group(value=value, figures=NOTHING)) == name
