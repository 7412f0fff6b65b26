"""Maps of embeddings in the report: one for each probed recipe, every point drawn, and what it does not say."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report.reporting import Page, write

from unmask.crop.reading import decode
from unmask.errors import SchemaError
from unmask.probe.tables import POINTS
from unmask.report import embeddings
from unmask.report.drawing import VARIABLES

COUNTS = {("seen", 0): 7, ("seen", 1): 11, ("unseen", 1): 5, ("nowhere", 0): 3}


def points(network: str = "trained") -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {"video": f"{corpus}/{label}{number}", "corpus": corpus, "label": label, "method": "m" if label else "",
         "network": network, "x": float(rng.normal()), "y": float(rng.normal())}
        for (corpus, label), count in COUNTS.items() for number in range(count)
    ]  # fmt: skip


@pytest.fixture
def probed(made: Path, tmp_path: Path) -> Path:
    """What the step reads, beside it the points of one recipe."""
    for child in made.iterdir():
        (tmp_path / child.name).symlink_to(child)
    POINTS.write(points("pretrained"), tmp_path / "probes" / "patch_demo")
    return tmp_path


def drawn(svg: str) -> list[int]:
    """Count the points of every group of a chart."""
    groups = re.findall(r"<g[^>]*>(?:(?!</g>).)*<use[^>]*var\(--[a-z0-9-]+\).*?</g>", svg, flags=re.DOTALL)
    return [group.count("<use") for group in groups]


def test_a_map_of_every_probed_recipe_with_every_point(probed: Path) -> None:
    (found,) = embeddings.write(probed / "probes", ["mobile_demo", "patch_demo"], ["seen", "unseen"], probed / "maps")
    assert (found.recipe, found.network, found.count) == ("patch_demo", "pretrained", 23)
    assert found.corpora == ["seen", "unseen"]
    assert found.by_label.count("var(--fake)") >= 16
    # Fakes, then reals; the corpora in the page's order. One mark of each point, and ticks that hold no number.
    assert [number for number in drawn(found.by_label) if number > 4] == [16, 7]
    assert [number for number in drawn(found.by_corpus) if number > 4] == [18, 5]
    assert "<text" not in found.by_label


def test_the_page_shows_it_and_says_what_it_does_not_say(probed: Path, text: str) -> None:
    page = Page(write(probed, probed / "new.html"))
    labels = [tag["aria-label"] for tag in page.all("svg") if "aria-label" in tag]
    assert "Map of test videos as patch_demo sees them, real and fake" in labels
    assert "The same map of patch_demo: seen, unseen" in labels
    assert not any("mobile_demo" in label for label in labels if "map" in label.lower())
    said = " ".join(page.text.split())
    assert "patch_demo the pretrained backbone, before training, 23 videos" in said
    assert "The distance between two groups, how large or how dense a group is, and the axes mean nothing" in said
    assert {"href": "#embeddings"} in page.all("a")
    assert "What a map does not say" not in text
    assert 'href="#embeddings"' not in text


def test_the_picture_alone_has_the_colours_of_the_page(probed: Path) -> None:
    embeddings.write(probed / "probes", ["patch_demo"], ["seen", "unseen"], probed / "maps")
    data = (probed / "maps" / "patch_demo.png").read_bytes()
    pixels = decode(data).reshape(-1, 3)
    colours = {"#" + bytes(colour).hex() for colour in np.unique(pixels, axis=0)}
    assert "#fdfcfa" in colours  # the surface in light
    assert not colours & set(VARIABLES)
    # Blue and orange, not quite as they are in the style sheet, for points let through what is beneath.
    warm = (pixels[:, 0].astype(int) - pixels[:, 2] > 90).sum()
    cold = (pixels[:, 2].astype(int) - pixels[:, 0] > 90).sum()
    assert warm > 300
    assert cold > 300
    embeddings.write(probed / "probes", ["patch_demo"], ["seen", "unseen"], probed / "maps")
    assert (probed / "maps" / "patch_demo.png").read_bytes() == data


def test_what_is_no_longer_probed_leaves_no_picture(probed: Path) -> None:
    corpora, maps = ["seen", "unseen"], probed / "maps"
    embeddings.write(probed / "probes", ["patch_demo"], corpora, maps)
    POINTS.write([], probed / "probes" / "patch_demo")
    assert embeddings.write(probed / "probes", ["patch_demo"], corpora, maps) == []
    assert embeddings.write(probed / "none", ["patch_demo"], corpora, maps) == []
    assert maps.is_dir()
    assert not list(maps.iterdir())


def test_a_table_of_something_else_is_one_error(probed: Path) -> None:
    (probed / "probes" / "patch_demo" / "points.parquet").write_bytes(b"no")
    with pytest.raises(SchemaError, match=r"points\.parquet is not a readable Parquet file"):
        embeddings.write(probed / "probes", ["patch_demo"], ["seen"], probed / "maps")


def test_shapes_of_the_legend_are_those_of_the_charts() -> None:
    page = (Path(embeddings.__file__).parent / "embeddings.html").read_text()
    assert re.findall(r'"(.)": "M', page) == [*embeddings.SHAPES, "x"]
