"""The whole pipeline by real `dvc repro`: what runs, what does not, equal bytes, own videos, and a shared remote."""

import json
import shutil
from pathlib import Path

import pytest
from project import Project
from truth import measure

pytestmark = pytest.mark.slow

# Three of the embedded corpora; the last one borrows the real videos of the first.
CORPORA = ("faceforensics", "celeb_df", "deeperforensics")
RECIPES: tuple[str, ...] = tuple(Project(Path()).read("params.yaml")["recipes"])
AFTER_TRAIN = ("predict", "probe", "tune", "evaluate")
# The embedded corpora, shrunk so that each step takes seconds.
SMALL = {
    "rendered": list(CORPORA),
    "render.faceforensics.pairs": {"train": 3, "val": 2, "test": 2},
    "render.faceforensics.methods": ["Deepfakes", "NeuralTextures"],
    "render.faceforensics.frames": [5, 8],
    "render.celeb_df.frames": [5, 8],
    "render.celeb_df.people": 4,
    "render.celeb_df.clips": 1,
    "render.celeb_df.youtube": 2,
    "render.celeb_df.fakes": 6,
    "render.celeb_df.tested": 1.0,
    "render.deeperforensics.forged": {"train": 1, "val": 1, "test": 4},
    "render.deeperforensics.variants": {},
    "extract.sampling.frames": 3,
    "crop.size": 64,
    "evaluate.draws": 100,
    "split.balance": "none",
}


def each(verb: str, names: tuple[str, ...]) -> set[str]:
    return {f"{verb}@{name}" for name in names}


def after_split(recipes: tuple[str, ...] = RECIPES, *, trains: bool = True) -> set[str]:
    verbs = ("train", *AFTER_TRAIN) if trains else AFTER_TRAIN
    return {name for verb in verbs for name in each(verb, recipes)} | {"report"}


ALL = {name for verb in ("render", "index", "extract", "detect", "crop") for name in each(verb, CORPORA)}
ALL |= {"split"} | after_split()


def shrink(project: Project) -> None:
    corpora = project.read("params.yaml")["corpora"]
    project.edit("params.yaml", SMALL | {"corpora": {name: corpora[name] for name in CORPORA}})
    for recipe in RECIPES:
        project.edit(
            f"recipes/{recipe}.yaml", {"train.epochs": 1, "train.warmup_epochs": 0, "train.batch": 8, "input.size": 64}
        )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pipeline has run once."""
    project = Project.create(tmp_path_factory.mktemp("first") / "project")
    shrink(project)
    assert project.repro() == ALL
    project.commit("first run")
    return project


@pytest.fixture
def done(first: Project, tmp_path: Path) -> Project:
    """A fresh copy of it, to change one thing in."""
    return first.copy(tmp_path / "project")


def test_second_run_runs_nothing(first: Project) -> None:
    assert first.repro() == set()


def test_every_output_is_there(first: Project) -> None:
    page = (first.folder / "data/96_report/report.html").read_text()
    for recipe in RECIPES:
        assert {path.stem for path in (first.folder / "metrics" / recipe).iterdir()} == set(CORPORA)
        assert recipe in page
    assert "celeb_df" in first.run("unmask", "results").stdout


# In a swapped face the inserted eyes lie elsewhere than the target's: only corpora with reals of their own.
@pytest.mark.parametrize("corpus", CORPORA[:2])
def test_faces_lie_on_the_truth(first: Project, corpus: str) -> None:
    figures = measure(first.folder / "data", corpus)
    assert figures.found >= 0.98
    assert figures.landmarks < 0.08
    # Of a few faces; over the whole demo it is less.
    assert figures.eyes < 3


def test_new_margin_does_not_detect_again(done: Project) -> None:
    done.edit("params.yaml", {"crop.margin": 1.5, "recipes": list(RECIPES[:1])})
    assert done.repro() == each("crop", CORPORA) | {"split"} | after_split(RECIPES[:1])


def test_learning_rate_runs_that_recipe_alone(done: Project) -> None:
    done.edit(f"recipes/{RECIPES[0]}.yaml", {"train.lr": 0.00123})
    assert done.repro() == after_split(RECIPES[:1])
    assert done.run("dvc", "metrics", "diff", "HEAD").stdout.count("\n") > 2


def test_evaluate_key_runs_evaluate(done: Project) -> None:
    done.edit("params.yaml", {"evaluate.draws": 110})
    assert done.repro() == each("evaluate", RECIPES) | {"report"}
    changed = done.run("dvc", "params", "diff").stdout
    assert "evaluate.draws" in changed


def test_added_evaluate_key_and_score_column_run_nothing_before_predict(done: Project) -> None:
    done.replace("src/unmask/evaluate/params.py", "    draws: Annotated", "    note: str\n    draws: Annotated")
    done.edit("params.yaml", {"evaluate.note": "hello", "recipes": list(RECIPES[:1])})
    assert done.repro() == each("evaluate", RECIPES[:1]) | {"report"}
    column = '        Column("extra", pa.string(), "New.", nullable=True),\n        Column("logit"'
    done.replace("src/unmask/predict/tables.py", '        Column("logit"', column)
    done.replace("src/unmask/predict/step.py", '{"logit": logit}', '{"logit": logit, "extra": None}')
    assert done.repro() == after_split(RECIPES[:1], trains=False)


def test_new_test_only_corpus_trains_nothing(done: Project) -> None:
    folder = done.folder / "data/00_raw/mine"
    for label, source in (("real", "Celeb-real"), ("fake", "Celeb-synthesis")):
        (folder / label).mkdir(parents=True)
        for video in sorted((done.folder / "data/00_raw/celeb_df" / source).glob("*.mp4"))[:3]:
            # A copied file would be a copy of a test video; the audit allows copies within one split.
            shutil.copy(video, folder / label)
    done.edit("params.yaml", {"corpora.mine": {"layout": "folder"}, "recipes": list(RECIPES[:1])})
    chain = {f"{verb}@mine" for verb in ("index", "extract", "detect", "crop")}
    assert done.repro() == chain | {"split"} | after_split(RECIPES[:1], trains=False)
    assert json.loads((done.folder / f"metrics/{RECIPES[0]}/mine.json").read_text())["coverage"] == 1


def test_two_runs_give_the_same_bytes(first: Project, tmp_path: Path) -> None:
    again = Project.create(tmp_path / "again")
    shrink(again)
    again.repro("split", workers=1)
    outputs = again.outputs()
    assert outputs == {path: hash_ for path, hash_ in first.outputs().items() if path in outputs}
    assert len(outputs) >= 18


def test_metrics_plots_and_params_read_well(first: Project) -> None:
    shown = first.run("dvc", "metrics", "show").stdout
    for recipe in RECIPES:
        for corpus in CORPORA:
            assert f"metrics/{recipe}/{corpus}.json" in shown
    assert max(len(line) for line in shown.splitlines()) < 140
    first.run("dvc", "plots", "show", "-o", "plots")
    assert (first.folder / "plots/index.html").stat().st_size > 1000
    shutil.rmtree(first.folder / "plots")


def test_own_videos_then_shared_with_a_team(done: Project, tmp_path: Path) -> None:
    """The README's way to one's own videos; then a colleague without the videos gets everything and goes on."""
    videos = tmp_path / "videos"
    for label, source in (("real", "original_sequences"), ("fake", "manipulated_sequences/Deepfakes")):
        (videos / label).mkdir(parents=True)
        for video in (done.folder / "data/00_raw/faceforensics" / source).rglob("*.mp4"):
            shutil.copy(video, videos / label)
    own = Project.create(tmp_path / "own")
    shrink(own)
    mine = {"rendered": [], "corpora": {"mine": {"layout": "folder"}}, "recipes": list(RECIPES[:1])}
    own.edit("params.yaml", mine | {"split.train_on": ["mine"], "split.validate_on": ["mine"]})
    (own.folder / "data/00_raw/mine").symlink_to(videos)
    chain = {f"{verb}@mine" for verb in ("index", "extract", "detect", "crop")}
    assert own.repro() == chain | {"split"} | after_split(RECIPES[:1])
    assert str(tmp_path) not in (own.folder / "dvc.lock").read_text()

    own.run("dvc", "remote", "add", "-d", "team", str(tmp_path / "remote"))
    own.commit("my videos")
    own.run("dvc", "push", "-q")
    clone = Project(tmp_path / "clone")
    own.run("git", "clone", "-q", str(own.folder), str(clone.folder))
    clone.run("dvc", "pull", "-q")
    assert clone.repro("--allow-missing") == set()
    clone.edit(f"recipes/{RECIPES[0]}.yaml", {"train.lr": 0.00123})
    assert clone.repro("--allow-missing") == after_split(RECIPES[:1])
