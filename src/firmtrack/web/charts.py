"""Where the lines of a chart run: coordinates for templates that draw SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 40.0
"""The size of a chart's coordinates; the page stretches them to what room there is."""


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
