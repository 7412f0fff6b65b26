"""`unmask recipes`: a line for each recipe, at 100 columns, also for those that are broken."""

import shutil
import sys
from pathlib import Path

import pytest
from project import ROOT, Project

from unmask import recipes
from unmask.cli import main

NAMES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_recipe_has_a_line_of_100_columns(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["unmask", "recipes"])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["recipe", "backbone", "size", "head", "what", "it", "is"]
    assert [line.split()[0] for line in lines] == NAMES
    assert max(map(len, lines)) <= 100
    # What each is starts in one column; of ours none is cut.
    start = head.index("what it is")
    assert all(line[start - 2 : start] == "  " and line[start] != " " for line in lines)
    assert not [line for line in lines if line.endswith("...")]
    (two,) = (line for line in lines if line.startswith("hecto_v2 "))
    assert two.split()[1:5] == ["convnext_tiny", "224", "frequency,", "blend"]


def test_broken_recipe_has_a_line_with_its_error(folder: Path) -> None:
    Project(folder).edit("recipes/mobile.yaml", {"train.lr": -1, "train.batch": 0})
    (folder / "recipes/empty.yaml").write_text("")
    (folder / "recipes/torn.yaml").write_text("seed: [1\n")
    Project(folder).edit("recipes/hecto_v2.yaml", {"probes.heads": {"gro": {}}})
    lines = {line.split()[0]: line for line in recipes.listed(100)[1:]}
    assert sorted(lines) == sorted([*NAMES, "empty", "torn"])
    assert "error: recipes/mobile.yaml, line " in lines["mobile"]
    assert lines["mobile"].endswith("(and 1 more)")
    assert "error: recipes/empty.yaml must hold a line" in lines["empty"]
    assert "error: recipes/torn.yaml, line 1: not valid YAML" in lines["torn"]
    assert "unknown head `gro`" in lines["hecto_v2"]


def test_where_there_are_none_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = recipes.listed(100)
    assert "no recipe in recipes/" in line
