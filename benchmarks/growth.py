"""Time against size as a small drawing: both relative, both logarithmic, linear growth dashed."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

# (times the smallest size, times its time)
Curve = Sequence[tuple[float, float]]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 60, 50, 20, 200
DECADES = 2
# Dark on light and told apart by marks too, not by colour alone.
STYLES = (("#1b5e8c", "circle"), ("#a23b12", "square"), ("#2e6b2e", "diamond"))


def drawing(curves: Mapping[str, Curve], title: str) -> str:
    """An SVG of at most three curves, with the figures as text for those who cannot see it."""
    told = "; ".join(
        f"{name}: " + ", ".join(f"{size:g}x in {times:.3g}x" for size, times in curve)
        for name, curve in curves.items()
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_axes(),
        *(_curve(number, *named) for number, named in enumerate(curves.items())),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _at(size: float, times: float) -> tuple[float, float]:
    x = LEFT + log10(size) / DECADES * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - log10(max(times, 0.5)) / DECADES * (HEIGHT - BOTTOM - TOP)
    return round(x, 1), round(y, 1)


def _axes() -> list[str]:
    parts = []
    for number in (1, 10, 100):
        x, bottom = _at(number, 1)
        left, y = _at(1, number)
        top, right = _at(1, 100)[1], _at(100, 1)[0]
        parts += [
            f'<path d="M{x} {bottom}V{top}M{left} {y}H{right}" stroke="#ccc"/>',
            f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{number}x</text>',
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{number}x</text>',
        ]
    (left, bottom), (right, top) = _at(1, 1), _at(100, 100)
    middle = (left + right) / 2
    parts += [
        f'<path d="M{left} {bottom}L{right} {top}" stroke="#777" stroke-dasharray="5 4"/>',
        f'<text x="{right + 8}" y="{top + 4}" fill="#555">linear</text>',
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">size</text>',
        f'<text x="14" y="{HEIGHT / 2}" transform="rotate(-90 14 {HEIGHT / 2})" '
        'text-anchor="middle">time</text>',
    ]
    return parts


def _curve(number: int, name: str, curve: Curve) -> str:
    colour, mark = STYLES[number]
    points = [_at(*point) for point in curve]
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    x, y = points[-1]
    marks = "".join(_mark(mark, *point) for point in points)
    return (
        f'<g fill="{colour}"><path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'{marks}<text x="{x + 8}" y="{y + 4}">{escape(name)}</text></g>'
    )


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "circle":
        return f'<circle cx="{x}" cy="{y}" r="4"/>'
    turn = f' transform="rotate(45 {x} {y})"' if kind == "diamond" else ""
    return f'<rect x="{x - 3.5}" y="{y - 3.5}" width="7" height="7"{turn}/>'
