"""Parts of pages that benchmarks write: one form for all, only the part is renewed, and what is missing is said."""

import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest
from bench import docs

from unmask.errors import DataError

ROOT = Path(__file__).parent.parent
PAGE = """Words

<!-- one: made by `a` -->
old
<!-- end of one -->

<!-- other: made by `b` -->
<!-- end of other -->
"""
# Benchmarks with a page: name, target and page.
WRITTEN = [
    ("augment", "bench-augment", "docs/augment.md"),
    ("crops", "bench-crops", "docs/crops.md"),
    ("detectors", "bench-detectors", "docs/detectors.md"),
    ("dvc", "bench-dvc", "docs/benchmarks.md"),
    ("near", "bench-near", "docs/audit.md"),
    ("real", "real", "docs/real-sbi.md"),
    ("sbi", "bench-sbi", "docs/sbi.md"),
    ("store", "bench-store", "docs/store.md"),
    ("study", "study", "docs/study.md"),
    ("training", "bench-training", "docs/training-speed.md"),
    ("way", "bench-way", "docs/benchmarks.md"),
]


def test_only_the_part_is_renewed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    docs.renew(page, "one", "| new |")
    assert page.read_text() == PAGE.replace("old\n", "\n| new |\n\n")
    docs.renew(page, "one", r"\1 newer")
    assert page.read_text() == PAGE.replace("old\n", "\n\\1 newer\n\n")


@pytest.mark.parametrize("page", ["Words\n", PAGE.replace("end of one", "end of two"), PAGE + PAGE])
def test_a_page_without_exactly_one_such_part_is_left_alone(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(page)
    with pytest.raises(DataError, match=r"needs two lines, `<!-- one: made by .* it has [02] such parts"):
        docs.renew(path, "one", "new")
    assert path.read_text() == page


def test_there_must_be_a_page(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.md is not a file"):
        docs.renew(tmp_path / "none.md", "one", "new")


@pytest.mark.parametrize("path", [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"], ids=lambda path: path.stem)
def test_every_comment_of_a_page_bounds_a_part(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = re.findall(r"^<!-- (.+): made by `.+` -->\n(?s:.*?)^<!-- end of \1 -->$", text, re.MULTILINE)
    assert text.count("<!--") == 2 * len(parts)


@pytest.mark.parametrize(("name", "target", "page"), WRITTEN)
def test_every_benchmark_finds_its_part_of_its_page(name: str, target: str, page: str, tmp_path: Path) -> None:
    room = import_module(f"bench.{name}" if Path(f"bench/{name}.py").is_file() else f"bench.{name}.__main__")
    copy = tmp_path / "page.md"
    copy.write_text((ROOT / page).read_text(encoding="utf-8"), encoding="utf-8")
    part = room.part() if name == "way" else room.PART
    docs.renew(copy, part, "new")
    assert f"<!-- {part}: made by `make {target}` -->\n\nnew\n\n<!-- end of {part} -->\n" in copy.read_text("utf-8")


def test_a_page_without_the_part_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser, page = ArgumentParser(), tmp_path / "page.md"
    docs.add_write(parser, "one")
    page.write_text(PAGE)
    assert parser.parse_args(["--write", str(page)]).write == page
    page.write_text("100 % words\n")
    with pytest.raises(SystemExit):
        parser.parse_args(["--write", str(page)])
    assert f"argument --write: {page} needs two lines" in capsys.readouterr().err
