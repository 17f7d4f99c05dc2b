"""Characters that nobody sees are shown, wherever text reaches people."""

import io
import unicodedata

import pytest

from firmtrack.cli.printing import VisibleConsole
from firmtrack.cli.tables import Table
from firmtrack.notices.email_digest import text_of
from firmtrack.presentation.visible import visible, visible_csv, visible_line
from tests.unit.presentation.unseen import UNSEEN


@pytest.mark.parametrize("character", UNSEEN, ids=lambda each: f"U+{ord(each):04X}")
def test_each_is_written_by_its_number(character: str) -> None:
    written = f"‹U+{ord(character):04X}›"

    assert visible(f"a{character}b") == f"a{written}b"
    assert visible_line(f"a{character}b") == f"a{written}b"
    if not "\ud800" <= character <= "\udfff":
        assert visible_csv(f"a{character}b\r\n".encode()) == f"a{written}b\r\n".encode()


def test_all_that_unicode_calls_a_control_or_a_direction_is_among_them() -> None:
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for number in range(0x110000):
        character = chr(number)
        if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} or (
            unicodedata.bidirectional(character) in directions
        ):
            assert visible_line(character) != character, hex(number)


@pytest.mark.parametrize(
    "text", ["", "plain", "é à — “quoted”", "日本語", "a b", "🙂", "two\nlines\tx"]
)
def test_what_is_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_a_line_stays_one_line_and_a_return_does_not_overwrite() -> None:
    assert visible_line("a\nb\tc\r") == "a‹U+000A›b‹U+0009›c‹U+000D›"
    assert visible("a\r\nb\rc") == "a\r\nb‹U+000D›c"


def test_what_is_visible_stays_as_it_is_shown() -> None:
    assert visible(visible("".join(UNSEEN))) == visible("".join(UNSEEN))


class Terminal(io.StringIO):
    """What is printed on a terminal."""

    def isatty(self) -> bool:
        return True


def test_nothing_in_a_text_reaches_the_terminal() -> None:
    printed = Terminal()
    console = VisibleConsole(file=printed, width=2_000)
    hostile = "".join(UNSEEN) + "\x1b[2J\x1b]0;title\x07\r"
    table = Table(hostile)
    table.add(hostile)

    console.print(hostile, markup=False)
    console.print(table)

    plain = printed.getvalue()
    for character in UNSEEN:
        if character != "\x1b":
            assert character not in plain
    assert "\x1b[2J" not in plain
    assert "\x1b]" not in plain
    assert plain.count("‹U+202E›") >= 2


def test_a_mail_has_a_line_for_a_notice_whatever_its_reason() -> None:
    body = (
        '{"type": "firmtrack.status_failed.v1", "time": "2026-03-01T09:00:00Z", "data":'
        ' {"device_count": 1, "reason": "a\\nFake line\\u202e\\u001b[2J",'
        ' "service_request_id": null}}'
    )
    assert text_of([body.encode()]).count("\n") == 1
    assert "‹U+202E›‹U+001B›[2J" in text_of([body.encode()])
