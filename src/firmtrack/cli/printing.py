"""What commands print for people on: consoles that show what nobody would see."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from firmtrack.presentation.visible import visible, visible_line


class VisibleConsole(Console):
    """A console on which no text acts upon the terminal: neither escapes nor turned directions."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print as Rich does, texts made visible before they are laid out."""
        super().print(
            *(visible(each) if isinstance(each, str) else each for each in objects), **how
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Return the segments of anything; what ``print`` did not lay out is made visible."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(visible(segment.text), segment.style)
            else:
                yield segment


def cell(text: str) -> Text:
    """Return a text as a cell of a table: as it is, in one line, and visible."""
    return Text(visible_line(text))
