"""Training: it learns, keeps the best epoch, and says what is wrong with its inputs."""

import gc
import json
import subprocess
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_faces import write_recipe, write_split
from train.training import ROOT, environment, files_of, run, words

from unmask.errors import DataError
from unmask.params import read_yaml
from unmask.predict.model import Detector
from unmask.split.tables import MANIFEST
from unmask.train.batches import Batches, Share
from unmask.train.data import Crops, Keys, Packed, read_manifest
from unmask.train.drawing import Rows
from unmask.train.recipe import load
from unmask.train.trainer import Trainer, _order
from unmask.train.validate import video_auc

BLEND = read_yaml(ROOT / "recipes" / "hecto_v2.yaml")["blend"]
# A face in a crop of 40 pixels.
LANDMARKS = [13.0, 15.0, 27.0, 15.0, 20.0, 22.0, 14.5, 28.0, 25.5, 28.0]


def test_learns_a_planted_signal_and_writes_plain_files(toy: Path, work_cache: Path) -> None:
    out = run(toy, write_recipe(toy / "toy.yaml"), "out")
    assert sorted(files_of(out)) == [
        "curves/loss.tsv", "curves/val_auc.tsv", "curves/val_loss.tsv",
        "model.safetensors", "recipe.yaml", "summary.json",
    ]  # fmt: skip
    summary = json.loads((out / "summary.json").read_text())
    assert summary["val_auc"] > 0.9
    assert summary["epochs"] == 4
    curve = (out / "curves" / "loss.tsv").read_text().splitlines()
    assert curve[0] == "step\tloss"
    assert [line.split("\t")[0] for line in curve[1:]] == ["1", "2", "3", "4"]
    assert float(curve[-1].split("\t")[1]) < float(curve[1].split("\t")[1])
    assert load(out / "recipe.yaml") == load(toy / "toy.yaml")
    assert str(toy).encode() not in b"".join(files_of(out).values())
    assert not list((work_cache / "train").rglob("*.pt"))


def test_best_epoch_is_kept_and_its_auc_is_that_of_the_model(toy: Path) -> None:
    out = run(toy, write_recipe(toy / "toy.yaml", train__epochs=3), "out")
    summary = json.loads((out / "summary.json").read_text())
    curve = [float(line.split("\t")[1]) for line in (out / "curves" / "val_auc.tsv").read_text().splitlines()[1:]]
    assert curve[summary["best_epoch"] - 1] == max(curve)
    crops = Crops(read_manifest(toy / "val.parquet"), toy / "shards", None)
    pixels = np.stack([crops[0, i]["pixels"][0].permute(1, 2, 0).numpy() for i in range(len(crops))])
    found = video_auc(crops.videos, crops.labels.numpy(), Detector.load(out).logits(pixels))
    assert found == pytest.approx(summary["val_auc"], abs=5e-5)


def test_training_stops_early(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__lr=1e-9, train__epochs=20, train__patience=2, train__warmup_epochs=0)
    out = run(toy, recipe, "out")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["epochs"] == summary["best_epoch"] + 2 < 20


@pytest.mark.parametrize("name", ["train", "val"])
def test_one_class_is_an_error_before_training(toy: Path, name: str) -> None:
    write_split(toy, name, 4, labels=lambda i: 1)
    table = MANIFEST.read(toy / f"{name}.parquet")
    MANIFEST.write(table.filter([label.as_py() == 1 for label in table["label"]]), toy / f"{name}.parquet")
    with pytest.raises(DataError, match=rf"{name}\.parquet holds only fakes \(label 1\); training needs both"):
        run(toy, write_recipe(toy / "toy.yaml"), "out")
    assert not (toy / "out").exists()


def test_a_blend_learns_from_real_videos_alone_and_sees_each(toy: Path) -> None:
    write_split(toy, "train", 5, labels=lambda i: 0)
    reals = [row | {"landmarks": LANDMARKS} for row in MANIFEST.rows(toy / "train.parquet")]
    MANIFEST.write(reals, toy / "train.parquet")
    sampling = {"name": "per_video", "crops": 3}
    recipe = write_recipe(toy / "toy.yaml", blend=BLEND, train__epochs=1, train__batch=8, train__sampling=sampling)
    assert json.loads((run(toy, recipe, "out") / "summary.json").read_text())["corpora"] == ["toy"]
    plan, table = load(recipe), read_manifest(toy / "train.parquet", both=False)
    batches = Batches(_order(plan, Rows.of(table), 4), 4, Share(0, 1))
    batches.begin(1, 0)
    shown = [row for batch in batches for _, row in batch]
    assert len(shown) == 16
    assert len({table["video"][row].as_py() for row in shown}) == 5
    assert len(set(shown)) == 15


def test_every_epoch_of_a_training_shows_every_crop(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    read = Crops.__getitems__

    def watched(self: Crops, keys: Keys, *place: Any) -> Packed:
        asked.extend(keys)
        return read(self, keys, *place)

    monkeypatch.setattr(Crops, "__getitems__", watched)
    sampling = {"name": "per_video", "crops": "all"}
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=2, train__batch=24, train__sampling=sampling), "out")
    for number in (1, 2):
        shown = [row for epoch, row in asked if epoch == number]
        assert len(shown) == 72  # of 64: the third batch is filled up
        assert set(shown) == set(range(64))


def test_a_policy_of_fakes_alone_is_an_error(toy: Path) -> None:
    rows = [row | {"corpus": "b" if row["label"] else "a"} for row in MANIFEST.rows(toy / "train.parquet")]
    MANIFEST.write(rows, toy / "train.parquet")
    both = {"policies": {"some": {"flip": {"p": 0.5}}, "none": {}}, "default": "some", "corpora": {"b": "none"}}
    with pytest.raises(DataError, match="the policy `none` would change fakes alone, and so tell the label"):
        run(toy, write_recipe(toy / "toy.yaml", augment=both), "out")
    run(toy, write_recipe(toy / "toy.yaml", augment=both | {"corpora": {}}, train__epochs=1), "out")


def test_crops_that_are_not_the_manifests_are_an_error(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard = toy / "shards" / "toy" / "train.tar"
    table = MANIFEST.rows(toy / "train.parquet")
    data = bytearray(shard.read_bytes())
    data[table[5]["offset"] + 60] ^= 1
    shard.write_bytes(data)
    recipe = write_recipe(toy / "toy.yaml")
    with pytest.raises(DataError, match=r"train\.tar holds another crop at byte \d+") as kept:
        run(toy, recipe, "out")
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    with pytest.raises(DataError) as read:
        run(toy, recipe, "out")
    assert str(read.value) == str(kept.value)


def test_mixed_precision_trains_and_scores_in_full(toy: Path) -> None:
    # A process of its own: accelerate takes one precision per process.
    process = command(toy, write_recipe(toy / "toy.yaml", train__precision="bf16", train__epochs=2))
    assert process.returncode == 0, process.stderr
    crops = np.zeros((1, 40, 40, 3), np.uint8)
    logits, embeddings = Detector.load(toy / "out").score(crops)
    assert logits.dtype == embeddings.dtype == np.float32
    full = run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "full")
    assert (full / "model.safetensors").read_bytes() != (toy / "out" / "model.safetensors").read_bytes()


def test_network_of_a_training_is_not_kept_by_the_process(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)  # so that there are worker processes
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    made, init = [], Trainer.__init__

    def noted(self: Trainer, *given: Any) -> None:
        init(self, *given)
        # accelerate ties a network to itself for mixed precision, so that the garbage collector alone removes it.
        self.net.itself = self.net.forward  # type: ignore[assignment]
        made.append(weakref.ref(self.net))

    monkeypatch.setattr(Trainer, "__init__", noted)
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=1), "out")
    gc.collect()
    assert [one() for one in made] == [None]


def test_diverging_training_is_one_error(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__lr=1e30, train__clip_norm="none", train__warmup_epochs=0)
    with pytest.raises(DataError, match=r"lower `train.lr`"):
        run(toy, recipe, "out")


def test_command_line_says_a_mistake_without_a_traceback(toy: Path) -> None:
    process = command(toy, write_recipe(toy / "toy.yaml", model__backbone="resnet5"))
    assert process.returncode == 1
    assert process.stderr.startswith("error: `model.backbone`: timm has no model `resnet5`; the closest are: ")
    assert "Traceback" not in process.stderr


def command(folder: Path, recipe: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words(folder, recipe, "out"), env=environment(), capture_output=True, text=True, check=False)
