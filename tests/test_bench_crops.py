"""The bench of crops: what lies beyond a frame is measured rightly, and the page keeps its words."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bench.crops import PICTURES, beyond, formats

from unmask.crop.align import template
from unmask.crop.params import Alignment

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- crops: made by `make bench-crops` -->\n", "<!-- end of crops -->\n"
OPTIONS = Alignment(size=64, margin=1.0, interpolation="linear", border="black")


@pytest.mark.parametrize(("shift", "share"), [((0, 0), 0), ((16, 0), 0.25), ((-16, 32), 0.625), ((200, 0), 1)])
def test_what_lies_beyond_the_frame_is_the_share_of_the_square(shift: tuple[int, int], share: float) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    assert beyond(image, template(OPTIONS) + shift, OPTIONS) == pytest.approx(share, abs=0.01)


def test_every_format_has_a_row_and_the_default_is_named() -> None:
    crops = [np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8) for seed in range(2)]
    rows = formats(crops, PICTURES[0]).splitlines()[2:]
    assert [row.count("(default)") for row in rows] == [1, 0, 0, 0]
    size, *times = (float(cell.replace(",", "")) for cell in rows[0].split("|")[2:5])
    # Noise cannot be compressed.
    assert size == pytest.approx(64 * 64 * 3, rel=0.03)
    assert min(times) > 0


def test_it_renews_the_page_and_keeps_its_words(shared: Path, tmp_path: Path) -> None:
    page = tmp_path / "crops.md"
    page.write_text(f"# Words\n\n{BEGIN}old\n{END}\nMore words\n")
    options = ["--shared", str(shared), "--write", str(page), "--every", "40"]
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": paths}
    subprocess.run([sys.executable, "-m", "bench.crops", *options], cwd=ROOT, check=True, env=environment)
    said = page.read_text()
    assert said.startswith(f"# Words\n\n{BEGIN}\nFormats. ")
    assert said.endswith(f"\n\n{END}\nMore words\n")
    assert "old" not in said.split()
    assert "crops of 2 real videos" in said
