"""What commands print for people on: consoles that show what nobody would see.

On a terminal prose is wrapped between words, tables are laid out, and titles are bold. Elsewhere,
as in a file or a pipe, a sentence is one line and a row of a table is one line.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from firmtrack.cli.tables import Table, wrapped
from firmtrack.presentation.visible import visible

_WIDEST_PROSE = 100
_LINES_AT_ONCE = 100


class VisibleConsole(Console):
    """A console on which no text acts upon the terminal: neither escapes nor turned directions."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print texts as prose, tables as they are read, and all else as Rich does."""
        for each in objects:
            if isinstance(each, Table):
                self._print_table(each)
                return
        super().print(
            *(self._prose(each) if isinstance(each, str) else each for each in objects), **how
        )

    def print_as_it_is(self, text: str) -> None:
        """Print a document that is not ours to wrap; what is unseen in it is made visible."""
        self._write([*visible(text).removesuffix("\n").split("\n")])

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError: nobody reads what is printed."""
        raise BrokenPipeError

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Return the segments of anything; what ``print`` did not lay out is made visible."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(visible(segment.text), segment.style)
            else:
                yield segment

    def _prose(self, text: str) -> str:
        text = visible(text)
        if not self._is_read_at_once:
            return text
        return "\n".join(wrapped(text, min(self.width, _WIDEST_PROSE)))

    def _print_table(self, table: Table) -> None:
        is_laid_out = self._is_read_at_once
        lines = table.lines(self.width if is_laid_out else None)
        while some := list(islice(lines, _LINES_AT_ONCE)):
            self._write(
                self._bold(text) if is_title and is_laid_out else text for is_title, text in some
            )

    def _bold(self, text: str) -> str:
        with self.capture() as captured:
            super().print(text, style="bold", markup=False, end="")
        return captured.get()

    def _write(self, lines: Iterable[str]) -> None:
        self.file.write("".join(f"{line}\n" for line in lines))
        self.file.flush()

    @property
    def _is_read_at_once(self) -> bool:
        """Whether what is printed goes to a terminal; colour may be wanted elsewhere, too."""
        return self.file.isatty()
