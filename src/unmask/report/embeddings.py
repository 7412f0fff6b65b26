"""Maps of embeddings: where a frozen network sees test videos, coloured by label and by corpus."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from unmask.probe.tables import MOST, PERPLEXITY, POINTS
from unmask.report.drawing import FAKE, MUTED, REAL, SERIES, STYLE, SURFACE, VARIABLES, picture

# Told apart by more than colour.
SHAPES = "o^sDvP*X"
DPI = 144
# The colours of the page's style sheet in light, for pictures that stand alone.
STYLE_SHEET = Path(__file__).parent / "report.css"


@dataclass(frozen=True)
class Group:
    """Points that look alike.

    Attributes:
        name: What they have in common.
        rows: Which they are.
        colour: Stand-in of a colour.
        shape: Marker of matplotlib.
    """

    name: str
    rows: "pd.Series[bool]"
    colour: str
    shape: str


@dataclass(frozen=True)
class Map:
    """The map of one recipe's network.

    Attributes:
        recipe: Its name.
        network: `trained` or `pretrained`.
        count: Number of points.
        by_label: Picture coloured by label.
        by_corpus: Picture coloured by corpus.
        corpora: Those on it, in the page's order.
    """

    recipe: str
    network: str
    count: int
    by_label: str
    by_corpus: str
    corpora: list[str]


def write(probes: Path, recipes: Sequence[str], corpora: Sequence[str], out: Path) -> list[Map]:
    """Draw the map of every recipe that was probed.

    Args:
        probes: Folder with a folder for each probed recipe, from `probe`; it need not be there.
        recipes: Names in the page's order.
        corpora: Names in the page's order, which gives the colours.
        out: Gets `<recipe>.png`; what it held is removed.

    Returns:
        A map for each recipe that has one.

    Raises:
        SchemaError: A table of points is not what `probe` writes.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    found = []
    for recipe in recipes:
        if not (probes / recipe / "points.parquet").is_file():
            continue
        points: pd.DataFrame = POINTS.read(probes / recipe).to_pandas()
        # A corpus that is on no other part of the page has no colour.
        points = points[points["corpus"].isin(list(corpora))].reset_index(drop=True)
        if len(points):
            found.append(_map(recipe, points, corpora))
            _png(points, corpora, out / f"{recipe}.png")
    return found


def _map(recipe: str, points: pd.DataFrame, corpora: Sequence[str]) -> Map:
    labels, sources = _labels(points), _sources(points, corpora)
    names = [group.name for group in sources]
    return Map(
        recipe,
        str(points["network"].iloc[0]),
        len(points),
        _svg(f"labels-{recipe}", f"Map of test videos as {recipe} sees them, real and fake", points, labels),
        _svg(f"corpora-{recipe}", f"The same map of {recipe}: {', '.join(names)}", points, sources),
        names,
    )


def _labels(points: pd.DataFrame) -> list[Group]:
    """Fakes first, so that reals, of which there are fewer, lie on top."""
    looks = ((1, "fake", FAKE, "x"), (0, "real", REAL, "o"))
    return [Group(name, points["label"] == label, colour, shape) for label, name, colour, shape in looks]


def _sources(points: pd.DataFrame, corpora: Sequence[str]) -> list[Group]:
    there = [(number, name) for number, name in enumerate(corpora) if (points["corpus"] == name).any()]
    return [
        Group(name, points["corpus"] == name, SERIES[number % len(SERIES)], SHAPES[number % len(SHAPES)])
        for number, name in there
    ]


def _svg(name: str, text: str, points: pd.DataFrame, groups: Sequence[Group]) -> str:
    with picture(name, text, 3.6, 3.4) as made:
        _draw(made.axes, points, groups, lambda colour: colour)
    return made.svg


def _draw(axes: Axes, points: pd.DataFrame, groups: Sequence[Group], paint: Callable[[str], str]) -> None:
    """Draw points, larger where they are few."""
    size = 22 if len(points) < 500 else 12
    for group in groups:
        some, crossed = points[group.rows], group.shape == "x"
        axes.scatter(some["x"], some["y"], s=size, marker=group.shape, color=paint(group.colour), label=group.name,
                     linewidths=1.1 if crossed else 0.5, edgecolors=None if crossed else paint(SURFACE),
                     alpha=0.85)  # fmt: skip
    # Places have no unit, so there is nothing to read off.
    axes.grid(visible=False)
    axes.tick_params(labelbottom=False, labelleft=False, length=0)
    axes.margins(0.04)


def _png(points: pd.DataFrame, corpora: Sequence[str], path: Path) -> None:
    """Draw both maps side by side, with their legends, for `dvc plots`."""
    paint = _paint()
    with mpl.rc_context():
        mpl.rcdefaults()
        # The colours of the page: what is a stand-in there is painted here.
        mpl.rcParams.update({key: paint(value) if value in VARIABLES else value for key, value in STYLE.items()})
        figure = Figure(figsize=(8, 4.2), layout="constrained", facecolor=paint(SURFACE))
        for axes, groups in zip(figure.subplots(1, 2), (_labels(points), _sources(points, corpora)), strict=True):
            _draw(axes, points, groups, paint)
            axes.legend(
                loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=3, frameon=False, labelcolor=paint(MUTED)
            )
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def _paint() -> Callable[[str], str]:
    """Give what turns a stand-in into the colour that it stands for in light."""
    light = STYLE_SHEET.read_text(encoding="utf-8").partition("}")[0]
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", light))
    return lambda stand_in: to_hex(colours[VARIABLES[stand_in]])


# What the page says of how a map is made.
MADE = {"most": MOST, "perplexity": PERPLEXITY, "shapes": SHAPES}
