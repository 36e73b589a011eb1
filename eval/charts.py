"""Charts as inline SVG: drawn from numbers, readable in print, with the same facts in words. Knows nothing of what
they mean.

Drawn by hand, so that a report needs no plotting library and two runs give the same bytes. Every mark is told apart
by place or shape as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 300, 52, 24, 14, 44
INK, GREY, BLUE, RUST, GREEN = "#1c2430", "#5b6573", "#1f5fa8", "#a6440c", "#2b6e3f"


@dataclass
class Drawing:
    """Shapes on a page of `width` by `height`; (0, 0) is the top left."""

    name: str
    title: str
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    shapes: list[str] = field(default_factory=list)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = INK, wide: float = 1, dash: str = ""
    ) -> None:
        """A straight line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self.shapes.append(f'<line {place} stroke="{colour}" stroke-width="{wide}"{dashed}/>')

    def text(self, x: float, y: float, words: str, anchor: str = "middle", colour: str = INK, size: int = 12) -> None:
        """Words at a place."""
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}"'
        self.shapes.append(f"<text {place}>{escape(words)}</text>")

    def dot(self, x: float, y: float, radius: float = 4, colour: str = BLUE) -> None:
        """A filled circle."""
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"/>')

    def bar(self, x: float, y: float, width: float, height: float, colour: str = BLUE) -> None:
        """A filled rectangle."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"'
        self.shapes.append(f'<rect {place} fill="{colour}"/>')

    def path(self, points: Sequence[tuple[float, float]], colour: str = BLUE) -> None:
        """A line through points."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')

    def svg(self) -> str:
        """The drawing with its title and its words for who can't see it."""
        head = f'viewBox="0 0 {self.width} {self.height}" role="img" aria-labelledby="{self.name}-t {self.name}-d"'
        told = f'<title id="{self.name}-t">{escape(self.title)}</title><desc id="{self.name}-d">{escape(self.words)}</desc>'
        return f'<svg {head} xmlns="http://www.w3.org/2000/svg">{told}{"".join(self.shapes)}</svg>'


def unit_square(drawing: Drawing, across: str, up: str) -> None:
    """Axes from 0 to 1 both ways, with their names."""
    for step in range(6):
        share = step / 5
        drawing.line(px(0), py(share), px(1), py(share), "#d5dae1")
        drawing.text(LEFT - 6, py(share) + 4, f"{share:.0%}", "end", GREY)
        drawing.text(px(share), HEIGHT - BOTTOM + 16, f"{share:.0%}", "middle", GREY)
    drawing.line(px(0), py(0), px(1), py(0))
    drawing.line(px(0), py(0), px(0), py(1))
    drawing.text(px(0.5), HEIGHT - 8, across)
    drawing.shapes.append(
        f'<text transform="translate(12 {py(0.5):.1f}) rotate(-90)" text-anchor="middle" fill="{INK}" font-size="12">'
        f"{escape(up)}</text>"
    )


def px(share: float) -> float:
    """Where 0 to 1 lies across."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def py(share: float) -> float:
    """Where 0 to 1 lies upwards."""
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def risk_coverage(points: Sequence[Sequence[float]]) -> str:
    """Wrong answers among those given, when only the most confident are given."""
    if not points:
        return ""
    last = points[-1]
    words = f"At full coverage ({last[0]:.0%} of questions answered) {last[1]:.0%} of the answers are wrong." + "".join(
        f" At {coverage:.0%}: {risk:.0%}." for coverage, risk in thinned(points, 4)
    )
    drawing = Drawing("risk", "Risk and coverage", words)
    unit_square(drawing, "questions answered, the most confident first", "wrong among them")
    drawing.path([(px(coverage), py(risk)) for coverage, risk in points])
    drawing.dot(px(last[0]), py(last[1]), 5, RUST)
    return drawing.svg()


def thinned(points: Sequence[Sequence[float]], count: int) -> list[Sequence[float]]:
    """A few of the points, evenly."""
    return (
        [points[round(place * (len(points) - 1) / count)] for place in range(1, count)] if len(points) > count else []
    )


def calibration(ranges: Sequence[Mapping[str, float]]) -> str:
    """How often replies of each confidence were right; on the line is perfect."""
    if not ranges:
        return ""
    words = " ".join(
        f"Of {one['n']} replies with confidence near {one['forecast']:.0%}, {one['observed']:.0%} were right."
        for one in ranges
    )
    drawing = Drawing("calibration", "Confidence and truth", words)
    unit_square(drawing, "confidence", "right")
    drawing.line(px(0), py(0), px(1), py(1), GREY, 1.5, "5 4")
    most = max(one["n"] for one in ranges)
    for one in ranges:
        drawing.dot(px(one["forecast"]), py(one["observed"]), 3 + 7 * (one["n"] / most) ** 0.5)
        drawing.text(px(one["forecast"]), py(one["observed"]) - 13, str(one["n"]), "middle", INK, 11)
    return drawing.svg()


def shares(name: str, title: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """A share with its interval for each row, as a dot on a line."""
    if not rows:
        return ""
    words = " ".join(f"{label}: {one['value']:.0%} (n={one['n']})." for label, one in rows)
    left, right, step = 190, 60, 22
    drawing = Drawing(name, title, words, 640, 30 + step * len(rows))

    def across(share: float) -> float:
        return left + share * (drawing.width - left - right)

    for tick in range(6):
        drawing.line(across(tick / 5), 20, across(tick / 5), drawing.height - 4, "#d5dae1")
        drawing.text(across(tick / 5), 14, f"{tick / 5:.0%}", "middle", GREY, 11)
    for place, (label, one) in enumerate(rows):
        y = 34 + step * place
        drawing.text(left - 8, y + 4, label[:30], "end")
        drawing.line(across(one["low"]), y, across(one["high"]), y, BLUE, 3)
        drawing.dot(across(one["value"]), y, 5, INK)
        drawing.text(drawing.width - 4, y + 4, f"n={one['n']}", "end", GREY, 11)
    return drawing.svg()


def percentiles(times: Mapping[str, Mapping[str, float]]) -> str:
    """p50, p95 and p99 of each step as three marks on one line."""
    if not times:
        return ""
    words = " ".join(
        f"{step}: half in {one['p50']:.0f} ms, 95 in 100 in {one['p95']:.0f} ms." for step, one in times.items()
    )
    most, left, step_height = max(one["p99"] for one in times.values()) or 1.0, 130, 26
    drawing = Drawing("times", "Time of each step", words, 640, 34 + step_height * len(times))
    for place, (step, one) in enumerate(times.items()):
        y = 26 + step_height * place
        drawing.text(left - 8, y + 4, step.replace("_", " "), "end")
        for share, height, colour in (("p99", 6.0, "#c9d6e6"), ("p95", 10.0, "#7fa6d1"), ("p50", 14.0, BLUE)):
            drawing.bar(left, y - height / 2, one[share] / most * (drawing.width - left - 120), height, colour)
        drawing.text(
            drawing.width - 4, y + 4, f"{one['p50']:.0f} / {one['p95']:.0f} / {one['p99']:.0f} ms", "end", INK, 11
        )
    return drawing.svg()


def search_times(sizes: Sequence[Mapping[str, Any]]) -> str:
    """Median time of a search by the number of vectors, both axes by powers of ten."""
    if len(sizes) < 2:
        return ""
    took = {way: [one[way]["query_ms"]["p50"] for one in sizes] for way in ("exact", "hnsw")}
    counts = [one["vectors"] for one in sizes]
    words = " ".join(
        f"{one['vectors']:,} vectors: exact {exact:.2f} ms, graph {graph:.2f} ms, {one['hnsw']['recall@10']:.1%} of ten."
        for one, exact, graph in zip(sizes, took["exact"], took["hnsw"], strict=True)
    )
    drawing = Drawing("search", "Time of a search by the number of vectors", words)
    across, up = log_scale(counts), log_scale([*took["exact"], *took["hnsw"]])
    for power in range(-3, 5):
        if 0 <= (place := up(10.0**power)) <= 1:
            drawing.line(px(0), py(place), px(1), py(place), "#d5dae1")
            drawing.text(LEFT - 6, py(place) + 4, f"{10.0**power:g}", "end", GREY)
    for count in counts:
        drawing.text(px(across(count)), HEIGHT - BOTTOM + 16, f"{count:,}", colour=GREY)
    for way, name, colour, radius in (("exact", "exact", BLUE, 4.0), ("hnsw", "graph (HNSW)", RUST, 6.0)):
        points = [(px(across(count)), py(up(value))) for count, value in zip(counts, took[way], strict=True)]
        drawing.path(points, colour)
        for x, y in points:
            drawing.dot(x, y, radius, colour)
        drawing.text(points[-1][0] - 8, points[-1][1] - 10, name, "end", colour)
    drawing.text(px(0.5), HEIGHT - 8, "vectors; upwards: milliseconds of half of the searches")
    return drawing.svg()


def log_scale(values: Sequence[float]) -> Callable[[float], float]:
    """Where a value lies between the least (0) and the most (1), by its logarithm."""
    low, high = (math.log10(max(one, 1e-3)) for one in (min(values), max(values)))
    return lambda value: (math.log10(max(value, 1e-3)) - low) / ((high - low) or 1.0)


def all_charts(summary: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """(title, what it shows, SVG) of each chart that has anything to show."""
    for title, note, svg in (
        (
            "Risk and coverage",
            "If only the answers with the highest confidence were given, how many of them would be wrong? Lower is better; "
            "the dot is where the service stands now.",
            risk_coverage(summary.get("risk_coverage") or []),  # type: ignore[arg-type]
        ),
        (
            "Confidence and truth",
            "Each dot is a group of replies with about the same confidence. On the dashed line the confidence is honest; "
            "below it, the service is too sure of itself.",
            calibration(summary.get("calibration") or []),  # type: ignore[arg-type]
        ),
    ):
        if svg:
            yield title, note, svg
