"""The check before hours of work: every mistake a person makes is one message that says what would be right."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from project import PARTS, ROOT, Project

from unmask.cli import main

YUNET = {
    **{"name": "yunet", "min_face": 0.1, "side": 640, "score": 0.8, "overlap": 0.3},
    **{"weights": "w/none.onnx", "sha256": "0" * 64},
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Parameters and recipes alone; that is all a check needs."""
    for part in ("params.yaml", "recipes"):
        assert part in PARTS
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, tmp_path / part)
    return Project(tmp_path)


Check = Callable[[], tuple[int, str]]


@pytest.fixture
def check(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `unmask check` in this process, as a new one takes seconds; give its status and what it says of errors."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(sys, "argv", ["unmask", "check"])

    def run() -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main()
        if isinstance(left.value.code, str):
            return 1, left.value.code + "\n"
        return left.value.code or 0, capsys.readouterr().err

    return run


def test_the_demo_is_well(project: Project) -> None:
    command = Path(sys.executable).parent / "unmask"
    done = subprocess.run([command, "check"], cwd=project.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all well" in done.stdout


@pytest.mark.parametrize(
    ("file", "key", "value", "words"),
    [
        (
            "params.yaml",
            "crop.margn",
            1.3,
            ["params.yaml, line ", "`crop.margn` is an unknown key; did you mean `margin`?"],
        ),
        ("params.yaml", "crop.size", "big", ["`crop.size`", "a whole number from 16 to 2048", "'big'"]),
        (
            "params.yaml",
            "corpora.mine",
            {"layout": "foldr"},
            ["`corpora.mine`", "(given: {layout: foldr}); did you mean `layout: folder`?"],
        ),
        ("params.yaml", "corpora.mine", {"layout": "folder"}, ["data/00_raw/mine is not a folder", "ln -s"]),
        ("params.yaml", "detect.detector.name", "dlib", ["`detect.detector", "'dlib'", "mtcnn"]),
        ("params.yaml", "split.train_on", ["mine"], ["`split.train_on` names `mine`", "faceforensics"]),
        ("params.yaml", "split.leave_out", ["mine/swap"], ["`split.leave_out` names `mine/swap`", "faceforensics"]),
        ("params.yaml", "split.train_on", [], ["`split.train_on` must be `all` or a list"]),
        ("params.yaml", "split.folds", 2, ["`split.folds` must be 0, or at least 3"]),
        ("params.yaml", "split.fold", 5, ["`split`", "`fold` must be 0"]),
        ("params.yaml", "recipes", ["mobil_demo"], ["`recipes", "mobil_demo", "mobile_demo"]),
        ("params.yaml", "recipes", [], ["`recipes` is empty"]),
        ("params.yaml", "corpora", {}, ["`corpora` is empty"]),
        ("params.yaml", "rendered", ["nothing"], ["`rendered` names `nothing`"]),
        (
            "recipes/mobile_demo.yaml",
            "model.backbone",
            "mobilenetv3_smal_100",
            ["mobile_demo.yaml", "no model", "mobilenetv3_small_100"],
        ),
        (
            "params.yaml",
            "recipes",
            ["mobile_demo.yaml"],
            ["mobile_demo.yaml.yaml`; there", "did you mean `mobile_demo`?"],
        ),
        ("params.yaml", "detect.detector", YUNET, ["`detect.detector.weights`: w/none.onnx does not exist in "]),
        ("params.yaml", "detect.detector", "yunet", ["`detect.detector` must be a mapping with `name` (mtcnn, "]),
        (
            "recipes/mobile_demo.yaml",
            "train.optimizer",
            "adamm",
            ["mobile_demo.yaml, line ", "`train.optimizer`", "adamw"],
        ),
        (
            "recipes/mobile_demo.yaml",
            "seed",
            2**32,
            ["mobile_demo.yaml, line ", "`seed` must be a whole number from 0"],
        ),
        ("params.yaml", "split.seed", 2**32, ["`split.seed` must be a whole number from 0 to 4294967295"]),
        ("recipes/mobile_demo.yaml", "model.options", {"foo": 1}, ["`model.options`: timm's", "has no option `foo`."]),
        ("recipes/mobile_demo.yaml", "model.weights", "w/none.pth", ["`model.sha256` must be the SHA-256 of"]),
        ("recipes/mobile_demo.yaml", "augment.policies.strong.flp", {"p": 0.5}, ["flp", "flip"]),
        ("recipes/mobile_demo.yaml", "augment.default", "strng", ["unknown policy `strng`; there are: strong"]),
        ("recipes/mobile_demo.yaml", "augment.policies.strong.flip.p", 1.5, ["policies.strong.flip.p` must", "1.5"]),
    ],
)
def test_a_mistake_is_named(
    project: Project, check: Check, file: str, key: str, value: object, words: list[str]
) -> None:
    project.edit(file, {key: value})
    status, said = check()
    assert status == 1
    assert "Traceback" not in said
    assert all(line.startswith("error: ") for line in said.splitlines())
    for word in words:
        assert word in said


def test_corpora_are_looked_at(project: Project, check: Check) -> None:
    (project.folder / "data/00_raw/mine").mkdir(parents=True)
    project.edit("params.yaml", {"corpora.mine": {"layout": "folder"}})
    assert "neither a folder `real` nor a folder `fake`" in check()[1]
    project.edit("params.yaml", {"corpora.mine": {"layout": "table", "file": "list.csv"}})
    assert "list.csv does not exist" in check()[1]


def test_the_weights_of_the_face_detector_are_looked_at(project: Project, check: Check) -> None:
    (project.folder / "w").mkdir()
    (project.folder / "w/none.onnx").write_bytes(b"others")
    project.edit("params.yaml", {"detect.detector": YUNET})
    assert "w/none.onnx is not the file that `sha256` names" in check()[1]


def test_what_stands_in_the_place_of_a_corpus_is_told(project: Project, check: Check) -> None:
    raw = project.folder / "data/00_raw"
    raw.mkdir(parents=True)
    project.edit("params.yaml", {"corpora": {"mine": {"layout": "folder"}}, "rendered": []})
    (raw / "mine").touch()
    assert "data/00_raw/mine is not a folder, but a file; link" in check()[1]
    (raw / "mine").unlink()
    (raw / "mine").symlink_to("/nowhere/videos")
    assert "data/00_raw/mine is not a folder, but a link to /nowhere/videos; link" in check()[1]


def test_the_kept_list_is_looked_at(project: Project, check: Check) -> None:
    (project.folder / "data").mkdir(exist_ok=True)
    (project.folder / "data/kept_splits.csv").write_text("identity,split\na:1,trian\n")
    assert "kept_splits.csv, line 2: `a:1,trian` should be" in check()[1]


def test_a_method_that_is_left_out_must_be_there(project: Project, check: Check) -> None:
    for name in ("real/a.mp4", "fake/swap/b.mp4", "fake/other/c.mp4"):
        (project.folder / "data/00_raw/mine" / name).parent.mkdir(parents=True)
        (project.folder / "data/00_raw/mine" / name).write_bytes(b"")
    mine = {"train_on": ["mine"], "validate_on": ["mine"], "leave_out": ["mine/swop"]}
    project.edit("params.yaml", {"corpora": {"mine": {"layout": "folder"}}, "rendered": []})
    project.edit("params.yaml", {f"split.{key}": value for key, value in mine.items()})
    assert "`mine/swop`, which is neither a corpus nor a method" in check()[1]
    project.edit("params.yaml", {"split.leave_out": ["swap"]})
    assert check()[0] == 0


def test_a_missing_section_is_named(project: Project, check: Check) -> None:
    text = (project.folder / "params.yaml").read_text()
    (project.folder / "params.yaml").write_text(text[: text.index("\n# tune:")])
    assert "has no key `tune`" in check()[1]


def test_all_mistakes_are_named_at_once(project: Project, check: Check) -> None:
    project.edit("params.yaml", {"crop.size": 7, "tune.rule": "best", "evaluate.draws": -1})
    assert len(check()[1].splitlines()) == 3


def test_a_recipe_that_cannot_be_read_is_told_once(project: Project, check: Check) -> None:
    (project.folder / "recipes/mobile_demo.yaml").write_text("")
    status, said = check()
    assert status == 1
    assert len(said.splitlines()) == 1


def test_what_building_finds_has_the_line_of_its_key(project: Project, check: Check) -> None:
    project.edit("recipes/patch_demo.yaml", {"model.freeze": 40})
    lines = (project.folder / "recipes/patch_demo.yaml").read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.startswith("  freeze:")]
    assert f"recipes/patch_demo.yaml, line {number}: `model.freeze`: " in check()[1]


def test_a_recipe_whose_name_a_shell_splits_is_refused(project: Project, check: Check) -> None:
    recipes = project.folder / "recipes"
    shutil.copy(recipes / "patch_demo.yaml", recipes / "two words.yaml")
    project.edit("params.yaml", {"recipes": ["two words"]})
    assert "the name `two words` may have only letters, digits, `.`, `_` and `-`" in check()[1]


def test_what_is_seldom_meant_is_told_and_stops_nothing(project: Project, check: Check) -> None:
    project.edit("params.yaml", {"recipes": ["mobile_demo"], "crop.size": 32})
    known = {"dfdcc": "strong", "celeb_df_pp": "strong"}
    project.edit("recipes/mobile_demo.yaml", {"augment.corpora": known, "train.precision": "fp16", "model.freeze": 2})
    status, said = check()
    assert status == 0
    assert said.startswith("warning: recipes/mobile_demo.yaml, line ")
    for words in ("but `crop.size` in params.yaml is 32", "did you mean `dfdc`?", "fp16 needs a GPU", "stays random"):
        assert words in said
    assert "names `celeb_df_pp`" not in said
