"""A mistake in a recipe is one message, the same from `unmask check` and from the step, before anything is learned."""

import re
import shutil
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from project import ROOT, Project
from toy_faces import write_split

from unmask import params
from unmask.errors import UnmaskError
from unmask.index.entry import Entry
from unmask.params import read_yaml
from unmask.preflight import mistakes
from unmask.rehearse import checks
from unmask.train.step import train

RECIPE = "recipes/patch_demo.yaml"
BLEND: dict[str, Any] = read_yaml(ROOT / "recipes/hecto_v2.yaml")["blend"]
HEADS: dict[str, Any] = read_yaml(ROOT / "recipes/hecto_v2.yaml")["probes"]["heads"]
ONNX: dict[str, Any] = {
    "name": "onnx", "weights": "w/none.onnx", "sha256": "0" * 64, "view": 0.8, "colours": "rgb", "mean": [0, 0, 0],
    "std": [255, 255, 255], "units": "shares",
}  # fmt: skip
FUSION = {"name": "fusion", "stages": [1, 9], "width": 8}
# What the step tells as well, and `check` before it.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "operation": ({"augment.policies.strong.flp": {"p": 0.5}}, r"unknown operation `flp`; .* did you mean `flip`\?"),
    "policy": ({"augment.corpora": {"dfdc": "weak"}}, r"corpora\.dfdc`: unknown policy `weak`; there are: strong\."),
    "probability": ({"augment.policies.strong.flip.p": 1.5}, r"flip\.p` must be a number from 0 to 1 \(given: 1\.5\)"),
    "stages": ({"model.head": FUSION}, r"`model\.head\.stages`: timm's `resnet10t` has no stage 9; it has: 0 \("),
    "head": ({"model.head": {"name": "gru"}}, r"head\.name` must be one of .*fusion, plain \(given: 'gru'\)"),
    "sequence": (
        {"train.sampling": {"name": "sequence", "length": 8}},
        r"gives sequences, but the network of a recipe",
    ),
    "no weights": ({"model.weights": "w/none.pth", "model.sha256": "0" * 64}, r"weights w/none\.pth do not exist"),
    "other weights": ({"model.weights": "w/a.pth", "model.sha256": "0" * 64}, r"`model\.sha256`: .* not those that it"),
    "misfit": ({"model.weights": "w/a.pth"}, r"w/a\.pth do not fit the model: tensors \d+ missing .*; 1 unexpected"),
    "blend, range": ({"blend": BLEND | {"flip": 1.5}}, r"line \d+: `blend\.flip` must be a number from 0 to 1"),
    "blend, key": ({"blend": BLEND | {"flop": 1}}, r"`blend\.flop` is an unknown key; did you mean `flip`\?"),
    "blend, no mapping": ({"blend": "all"}, r"`blend` must be `none` or a mapping with the keys `points`, .*'all'"),
    "blend, odd": ({"blend": BLEND, "train.batch": 9}, r"`train\.batch` must be even \(given: 9\), for `blend` makes"),
    "blend, halves": (
        {"blend": BLEND, "train.sampling": {"name": "balanced", "crops": 2}},
        r"`train\.sampling` must be `per_video` \(given: `balanced`\), for `blend` makes the fake",
    ),
    "compared with": ({"train.layer_decay": 1.5}, r"layer_decay` must be `none` or a number above 0 and below 1"),
}
# What only `check` knows before training.
AHEAD: dict[str, tuple[dict[str, Any], str]] = {
    "landmarks": ({"blend": BLEND | {"points": ONNX}}, r"`blend\.points\.weights`: w/none\.onnx does not exist"),
    "no such probe": ({"probes.heads": {"gro": {}}}, r"unknown head `gro`; there are: gru, knn"),
    "from nothing": (
        {"probes.network": "pretrained", "probes.heads": {"gru": HEADS["gru"]}},
        r"`probes\.network: pretrained` needs weights; `model\.weights` is `none`",
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Parameters and recipes, of which one is listed; toy faces; and a file of weights that fits nothing."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path)
    project.edit("params.yaml", {"recipes": ["patch_demo"]})
    for name in ("train", "val"):
        write_split(tmp_path, name, 2)
    (tmp_path / "w").mkdir()
    torch.save({"a": torch.zeros(1)}, tmp_path / "w/a.pth")
    return project


def change(project: Project, changes: dict[str, Any]) -> None:
    if changes.get("model.weights") == "w/a.pth" and "model.sha256" not in changes:
        changes = changes | {"model.sha256": sha256(Path("w/a.pth").read_bytes()).hexdigest()}
    project.edit(RECIPE, changes)


def step(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give what the step says, which must be before the first epoch."""
    monkeypatch.setattr("unmask.train.step._epoch", lambda *given: pytest.fail("it began to learn"))
    with pytest.raises(UnmaskError) as caught:
        train(Path(RECIPE), Path("train.parquet"), Path("val.parquet"), Path("shards"), Path("out"))
    assert not Path("out").exists()
    return str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_told_by_check_and_by_the_step(name: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    changes, words = CASES[name]
    change(project, changes)
    (said,) = mistakes()
    assert re.search(words, said), said
    assert said.startswith(RECIPE)
    assert step(monkeypatch) in said


@pytest.mark.parametrize("name", AHEAD)
def test_mistake_of_a_later_step_is_told_by_check(name: str, project: Project) -> None:
    changes, words = AHEAD[name]
    change(project, changes)
    (said,) = mistakes()
    assert re.search(words, said), said
    assert said.startswith(RECIPE)


def test_good_recipe_has_nothing_to_tell(project: Project) -> None:
    change(project, {"blend": BLEND, "probes.heads": HEADS})
    assert mistakes() == []


def test_heads_on_sequences_need_more_than_one_frame(project: Project) -> None:
    change(project, {"probes.heads": HEADS})
    for key, sampling in (
        ("frames", {"policy": "uniform", "frames": 1}),
        ("most", {"policy": "interval", "seconds": 1, "most": 1}),
    ):
        project.edit("params.yaml", {"extract.sampling": sampling})
        (said,) = mistakes()
        assert "`gru`, `lstm`, `transformer` judge sequences" in said
        assert f"`extract.sampling.{key}` in params.yaml is 1" in said


@pytest.mark.parametrize(("kind", "label", "told"), [("faces", 0, True), ("video", 1, True), ("video", 0, False)])
def test_blending_needs_a_real_video(project: Project, kind: Any, label: int, told: bool) -> None:
    change(project, {"blend": BLEND})
    entry = Entry("a", label, "", "", (), "mine:a", None, None, kind=kind)
    sections: dict[str, Any] = {name: params.load(name) for name in ("extract", "split", "crop")}
    sections["split"] = sections["split"].model_copy(update={"train_on": ("mine",)})
    found = []
    for check in checks(
        Path(RECIPE), {**sections, "corpora": SimpleNamespace(root={"mine": None})}, {"mine": {"a": entry}}
    ):
        try:
            check()
        except UnmaskError as error:
            found.append(str(error))
    assert len(found) == told
    assert all("no corpus of `split.train_on` (mine) has a real video" in said for said in found)
