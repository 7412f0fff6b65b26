"""From a matplotlib figure to SVG that lives inside the page: its fonts, its colours, light and dark."""

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Stand-ins, drawn by matplotlib and then replaced by variables of the style sheet, which know light from dark.
INK, MUTED, GRID, REAL, FAKE, SURFACE = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
SERIES = [f"#07070{number}" for number in range(8)]
VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--line", REAL: "--real", FAKE: "--fake", SURFACE: "--surface"} | {
    stand_in: f"--series-{number}" for number, stand_in in enumerate(SERIES)
}
# Told apart by more than colour.
DASHES = ["-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2))]

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
}


class Picture:
    """One figure with one pair of axes; `svg` is there when the block that draws it is done."""

    def __init__(self, figure: Figure, axes: Axes) -> None:
        """Take an empty figure."""
        self.figure, self.axes, self.svg = figure, axes, ""


@contextmanager
def picture(name: str, text: str, width: float, height: float) -> Iterator[Picture]:
    """Draw one picture.

    Args:
        name: Names the picture in the page; letters, digits and dashes.
        text: What it shows, for people who do not see it.
        width: In inches.
        height: In inches.

    Yields:
        A picture to draw on.
    """
    with mpl.rc_context():
        # A person's own matplotlibrc shall not change the page.
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        mpl.rcParams["svg.hashsalt"] = name
        figure = Figure(figsize=(width, height), layout="constrained")
        made = Picture(figure, figure.add_subplot())
        yield made
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    made.svg = _inline(file.getvalue(), name, text)


def _inline(svg: str, name: str, text: str) -> str:
    body = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="[^"]*"', body)
    body = body[body.index(">") + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # The page has many pictures: only ids that something refers to stay, and they get the picture's name.
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(url\(|href=")#', rf"\1#{name}-", body)
    for stand_in, variable in VARIABLES.items():
        body = body.replace(stand_in, f"var({variable})")
    body = re.sub(r"font: ?([\d.]+px)[^;\"]*", r"font-size: \1", body)
    body = re.sub(r"font-family: ?[^;\"]*;? ?", "", body)
    body = re.sub(r">\s+<", "><", body)
    label = html.escape(text, quote=True)
    return f'<svg {box[0] if box else ""} role="img" aria-label="{label}">{body.strip()}'
