"""Where the lines and bars of a chart are: coordinates for templates that draw SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 40.0
"""The size of a chart's coordinates; the page stretches them to what room there is."""

_BAR_SHARE = 0.9
"""How much of its place a bar takes."""


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over the same places, from left to right; 0 is at the bottom, ``top`` at the top.

    Each line is SVG's ``points`` of its unbroken parts, in their order; ``dots`` are the points
    that stand alone.
    """

    top: float
    lines: tuple[tuple[str, ...], ...]
    dots: tuple[tuple[tuple[str, str], ...], ...]


def line_chart(series: Sequence[Sequence[float | None]]) -> LineChart | None:
    """Return the chart of several series of the same length, a line each; None is a gap.

    None if there is nothing to draw.
    """
    values = [value for each in series for value in each if value is not None]
    if not values:
        return None
    top = max(values) or 1.0
    parts = [_parts(each, top) for each in series]
    return LineChart(
        top=top,
        lines=tuple(
            tuple(" ".join(map(",".join, p)) for p in each if len(p) > 1) for each in parts
        ),
        dots=tuple(tuple(p[0] for p in each if len(p) == 1) for each in parts),
    )


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars side by side, from left to right; 0 is at the bottom, ``top`` at the top.

    ``bars`` are the left edge, the top edge, the width and the height of each, in the coordinates;
    what is 0 has none.
    """

    top: int
    bars: tuple[tuple[str, str, str, str], ...]


def bar_chart(counts: Sequence[int]) -> BarChart | None:
    """Return the chart of counts, a bar each; None if there is nothing to draw."""
    top = max(counts, default=0)
    if top == 0:
        return None
    step = WIDTH / len(counts)
    return BarChart(top=top, bars=tuple(_bars(counts, top, step)))


def _bars(counts: Sequence[int], top: int, step: float) -> Iterator[tuple[str, str, str, str]]:
    for place, count in enumerate(counts):
        if count:
            # Never so low that it cannot be seen.
            height = max(HEIGHT * count / top, 0.4)
            edges = (place * step, HEIGHT - height, step * _BAR_SHARE, height)
            left, upper, width, high = (f"{edge:.2f}" for edge in edges)
            yield left, upper, width, high


def _parts(values: Sequence[float | None], top: float) -> list[list[tuple[str, str]]]:
    """Return the runs of points between the gaps."""
    step = WIDTH / max(len(values) - 1, 1)
    parts: list[list[tuple[str, str]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            parts.append([])
        else:
            parts[-1].append((f"{place * step:.2f}", f"{HEIGHT * (1 - value / top):.2f}"))
    return [part for part in parts if part]
