"""The study's experiments: each is run once, in a folder of its own, and goes on after a failure."""

import subprocess
import sys
from pathlib import Path

import pytest
from studied import ARM, PLAN, written

ROOT = Path(__file__).parent.parent
STAGE = """
import sys, pathlib, yaml
import pandas as pd
name = sys.argv[1]
recipe = yaml.safe_load(pathlib.Path(f"recipes/{name}.yaml").read_text())
weights = recipe["model"]["weights"]
if weights != "none":
    assert pathlib.Path(weights).read_text() == f"network {recipe['seed']}", weights
model, out = pathlib.Path(f"data/60_train/{name}"), pathlib.Path(f"data/90_evaluate/{name}")
model.mkdir(parents=True), out.mkdir(parents=True)
(model / "model.safetensors").write_text(f"network {recipe['seed']}")
(model.parent / "runs").write_text(""), open(pathlib.Path(sys.argv[2]) / "runs", "a").write(f"{weights}\\n")
pd.DataFrame({"video": ["a", "b"], "corpus": "c", "label": [0, 1], "cluster": ["a", "b"],
              "logit": [0.0, float(recipe["seed"])]}).to_parquet(out / "videos.parquet")
"""
STAGES = """
stages:
  evaluate:
    foreach: ${recipes}
    do:
      cmd: python stages/stage.py ${item} FOLDER
      params:
        - recipes/${item}.yaml:
      outs:
        - data/60_train/${item}
        - data/90_evaluate/${item}
"""


RECIPE = "seed: 0\nmodel: {weights: none, sha256: ''}\nprobes: {heads: {}}\n"


def small_project(folder: Path) -> Path:
    """Write a project whose only stage notes that it ran, in the folder around it."""
    project = folder / "project"
    for name in ("recipes", "stages", "src", "data/50_split"):
        (project / name).mkdir(parents=True)
    (project / "data/50_split/train.parquet").write_bytes(b"")
    (project / "src/keep").write_text("")
    (project / "stages/stage.py").write_text(STAGE)
    (project / "dvc.yaml").write_text(STAGES.replace("FOLDER", str(folder)))
    (project / "dvc.lock").write_text("schema: '2.0'\n")
    (project / "params.yaml").write_text(
        "recipes: [study]\nsplit: {train_on: [c], validate_on: [c]}\ncorpora: {c: {layout: dfdc}}\n"
        "evaluate: {seed: 1, draws: 100, confidence: 0.9}\n"
    )
    (project / "recipes/study.yaml").write_text(RECIPE)
    (project / ".gitignore").write_text("/data\n/.cache\n/weights\n")
    return project


@pytest.mark.slow
def test_experiments_are_run_once_in_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_project(tmp_path)
    some = {"split.train_on": ["c"], "split.validate_on": ["c"]}
    arms = {"base": ARM, "other": ARM | {"start": "base"}}
    path = written(tmp_path, PLAN | {"params": some, "arms": arms, "seeds": [7], "questions": []})
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'src'}")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "a@b")

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def study(*words: str, code: int = 0) -> str:
        return run(sys.executable, "-m", "bench.study", str(path), *words, code=code)

    run("git", "init", "-q")
    run(sys.executable, "-m", "dvc", "init", "-q")
    run("git", "add", ".")
    run("git", "commit", "-qm", "start")
    assert "there is no arm `bse`; there are: base, other" in study("--only", "bse", code=2)
    # Without a plan it is ours, and no option's value is taken for one.
    said = run(sys.executable, "-m", "bench.study", "--jobs", "2", "--write", "some.md", code=1)
    assert "bench/study/study.yaml does not exist" in said
    assert "0 of 1 experiments are done" in study("--jobs", "2", "--only", "base")
    assert "1 of 2 experiments are done" in study("--jobs", "2")
    assert (tmp_path / "runs").read_text() == "none\nweights/some-base-s7/model.safetensors\n"
    assert run("git", "status", "--porcelain") == ""
    assert "some-other-s7" in run(sys.executable, "-m", "dvc", "exp", "show", "--csv")
    # Nothing runs again, nor after a commit that changes nothing for them; what is not committed is refused.
    (project / "README.md").write_text("")
    run("git", "add", "README.md")
    run("git", "commit", "-qm", "words")
    assert "2 of 2 experiments are done" in study()
    assert (tmp_path / "runs").read_text().count("\n") == 2
    (project / "recipes/study.yaml").write_text(RECIPE + "# More.\n")
    assert "recipes/study.yaml" in study(code=1)
    # A failure is told with its log, and the others are kept.
    (project / "recipes/study.yaml").write_text(RECIPE.replace("none", "some.pth"))
    run("git", "commit", "-qam", "wrong")
    said = study(code=1)
    assert "some-base-s7 failed, see .cache/study/some-base-s7.log" in said
    assert "some-other-s7 waits" in said
