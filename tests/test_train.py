"""Training: the loop learns, repeats itself to the byte, survives a kill, and says what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from toy_faces import write_recipe, write_split

from unmask.errors import DataError, ParamsError
from unmask.predict.model import Detector
from unmask.split.tables import MANIFEST
from unmask.train.augmentation import Policy
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.data import Crops, Draw, read_manifest
from unmask.train.model import build
from unmask.train.optimise import build_optimizer, loss_of, lr_factor, positive_weight
from unmask.train.recipe import InputPart, Recipe, dump, load, operation
from unmask.train.scoring import score, to_input
from unmask.train.step import train
from unmask.train.validate import video_auc

ROOT = Path(__file__).parent.parent


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Crops with a planted signal, and the manifests train and val."""
    write_split(tmp_path, "train", 16)
    write_split(tmp_path, "val", 8)
    return tmp_path


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_THREADS", "1")


def run(folder: Path, recipe: Path, out: str) -> Path:
    train(recipe, folder / "train.parquet", folder / "val.parquet", folder / "shards", folder / out)
    return folder / out


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
    pixels = np.stack([crops[0, i]["pixels"].permute(1, 2, 0).numpy() for i in range(len(crops))])
    found = video_auc(crops.videos, crops.labels.numpy(), Detector.load(out).logits(pixels))
    assert found == pytest.approx(summary["val_auc"], abs=5e-5)


def test_two_runs_give_the_same_bytes(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    assert files_of(run(toy, recipe, "one")) == files_of(run(toy, recipe, "two"))


def test_crops_read_on_demand_by_workers_give_the_same_bytes(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    kept = files_of(run(toy, recipe, "kept"))
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    monkeypatch.setenv("UNMASK_WORKERS", "2")
    assert files_of(run(toy, recipe, "read")) == kept


def test_a_killed_run_resumes_to_the_same_bytes(toy: Path, work_cache: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=8, train__patience=8)
    undisturbed = files_of(run(toy, recipe, "whole"))
    words = [
        sys.executable,
        str(ROOT / "stages" / "60_train.py"),
        "--recipe",
        str(recipe),
        "--out",
        str(toy / "killed"),
    ]
    words += [f"--{name}={toy / name}.parquet" for name in ("train", "val")] + [f"--crops={toy / 'shards'}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "UNMASK_THREADS": "1"}
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(work_cache.rglob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
    (checkpoint,) = work_cache.rglob("*.pt")
    done = len(torch.load(checkpoint, weights_only=True)["history"])
    assert 1 <= done < 8
    assert files_of(run(toy, recipe, "killed")) == undisturbed


def test_checkpoint_of_another_recipe_is_not_taken(toy: Path, work_cache: Path) -> None:
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=1), "one")
    place = Checkpoint("abc")
    place.save(State(history=[{"loss": 1.0}], best=1))
    assert Checkpoint("abc").load().epoch == 1
    assert Checkpoint("abd").load().epoch == 0
    place.remove()
    assert Checkpoint("abc").load().epoch == 0


def test_training_stops_early(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__lr=1e-9, train__epochs=20, train__patience=2, train__warmup_epochs=0)
    out = run(toy, recipe, "out")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["epochs"] == summary["best_epoch"] + 2 < 20


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_falls_on_a_fixed_batch(tmp_path: Path, smoothing: float) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", train__label_smoothing=smoothing))
    torch.manual_seed(0)
    model = build(recipe.model, pretrained=False).train()
    optimizer = build_optimizer(model, recipe.train)
    pixels, labels = torch.randn(8, 3, 32, 32), torch.arange(8) % 2
    losses = []
    for _ in range(40):
        loss = loss_of(model(pixels)[:, 0], labels.float(), torch.ones(8), (1.0, smoothing))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
    share = smoothing / 2
    floor = -(share * np.log(share) + (1 - share) * np.log(1 - share)) if share else 0.0
    assert floor <= losses[-1] < floor + 0.25 * (losses[0] - floor)


def test_loss_is_that_of_the_closed_form() -> None:
    logits, labels = torch.tensor([0.5, -2.0, 3.0]), torch.tensor([1.0, 0.0, 1.0])
    weights = torch.tensor([1.0, 2.0, 0.5])
    chance = 1 / (1 + np.exp(-logits.numpy()))
    wanted = -(1.0 * 4 * np.log(chance[0]) + 2 * np.log(1 - chance[1]) + 0.5 * 4 * np.log(chance[2])) / 3
    assert float(loss_of(logits, labels, weights, (4.0, 0.0))) == pytest.approx(wanted, rel=1e-5)


def test_automatic_pos_weight_makes_classes_weigh_the_same(tmp_path: Path) -> None:
    labels, weights = torch.tensor([0.0, 1.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 2.0])
    parts = {v: load(write_recipe(tmp_path / "r.yaml", train__pos_weight=v)).train for v in ("auto", "none", 2.5)}
    assert positive_weight(parts["auto"], labels, weights) == pytest.approx(0.25)
    assert positive_weight(parts["none"], labels, weights) == 1.0
    assert positive_weight(parts[2.5], labels, weights) == 2.5


def test_learning_rate_rises_then_falls_as_a_cosine(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__epochs=5, train__warmup_epochs=1)).train
    assert [lr_factor(done, part) for done in (0.25, 1.0, 3.0, 5.0)] == pytest.approx([0.25, 1.0, 0.5, 0.0])


def test_video_auc_is_that_of_scikit_learn_on_mean_logits() -> None:
    rng = np.random.default_rng(0)
    videos = [f"v{i}" for i in rng.integers(0, 20, 200)]
    labels = np.array([int(video[1:]) % 2 for video in videos])
    logits = rng.normal(labels, 2.0)
    names = sorted(set(videos))
    means = [np.mean([x for x, v in zip(logits, videos, strict=True) if v == name]) for name in names]
    wanted = roc_auc_score([int(name[1:]) % 2 for name in names], means)
    assert video_auc(videos, labels, logits) == pytest.approx(wanted)


def test_draw_takes_some_of_every_video_and_forgets_nothing() -> None:
    videos = ["a"] * 5 + ["b"] * 2 + ["c"] * 5
    draw = Draw(videos, 3, seed=1)
    epochs = []
    for draw.epoch in range(12):
        rows = [index for _, index in draw]
        assert len(rows) == len(draw) == len(set(rows)) == 8
        assert sorted(videos[i] for i in rows) == ["a"] * 3 + ["b"] * 2 + ["c"] * 3
        epochs.append(rows)
    assert {i for rows in epochs for i in rows} == set(range(12))
    assert epochs[0] != epochs[1]
    assert [index for _, index in Draw(videos, 3, seed=1)] == epochs[0]


def test_added_video_does_not_change_which_crops_the_others_show() -> None:
    few, more = Draw(["a"] * 6 + ["b"] * 6, 2, seed=1), Draw(["a"] * 6 + ["b"] * 6 + ["c"] * 6, 2, seed=1)
    assert {i for _, i in few} == {i for _, i in more if i < 12}


OPERATIONS = {
    "flip": {"p": 1.0},
    "rotate": {"p": 1.0, "degrees": [-20, 20]},
    "colour": {"p": 1.0, "brightness": [0.5, 1.5], "contrast": [0.5, 1.5], "saturation": [0.5, 2], "hue": [-0.1, 0.1]},
    "blur": {"p": 1.0, "sigma": [0.5, 2]},
    "jpeg": {"p": 1.0, "quality": [30, 60]},
    "downscale": {"p": 1.0, "factor": [0.3, 0.6]},
}


def test_every_operation_is_tested() -> None:
    there = {path.stem for path in (ROOT / "src" / "unmask" / "train" / "augment").glob("*.py")} - {"__init__"}
    assert there == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_keeps_shape_and_type_and_is_seeded(name: str) -> None:
    settings = operation(name, OPERATIONS[name], Path("r.yaml"))
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 36, 48)).astype(np.uint8))
    before = image.clone()
    policy = Policy({name: settings}, seed=1)
    changed = policy(image, "a", epoch=1)
    assert changed.dtype == torch.uint8
    assert changed.shape == image.shape
    assert not torch.equal(changed, image)
    assert torch.equal(image, before)
    assert torch.equal(changed, Policy({name: settings}, seed=1)(image, "a", epoch=1))
    others = [policy(image, "b", 1), policy(image, "a", 2), Policy({name: settings}, seed=2)(image, "a", 1)]
    assert name == "flip" or not any(torch.equal(changed, other) for other in others)


def test_probability_is_that_of_the_recipe() -> None:
    policy = Policy({"flip": operation("flip", {"p": 0.25}, Path("r.yaml"))}, seed=1)
    image = torch.arange(27, dtype=torch.uint8).reshape(3, 3, 3)
    changed = sum(not torch.equal(policy(image, str(i), 1), image) for i in range(2000))
    assert 430 < changed < 570  # 500, give or take more than three standard deviations of 19


def test_augmentation_does_not_know_the_label(toy: Path) -> None:
    table = read_manifest(toy / "train.parquet")
    swapped = table.set_column(5, "label", [[1 - label.as_py() for label in table["label"]]]).cast(table.schema)
    policy = Policy({"jpeg": operation("jpeg", OPERATIONS["jpeg"], Path("r.yaml"))}, seed=1)
    one, other = (Crops(rows, toy / "shards", policy) for rows in (table, swapped))
    assert one.labels[0] != other.labels[0]
    assert all(torch.equal(one[1, i]["pixels"], other[1, i]["pixels"]) for i in range(len(one)))


def test_validation_and_prediction_see_the_same_pixels(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=1)
    seen: list[torch.Tensor] = []

    def watched(crops: torch.Tensor, part: InputPart) -> torch.Tensor:
        seen.append(to_input(crops, part))
        return seen[-1]

    monkeypatch.setattr("unmask.train.scoring.to_input", watched)
    out = run(toy, recipe, "out")
    validated = torch.cat(seen)
    seen.clear()
    crops = Crops(read_manifest(toy / "val.parquet"), toy / "shards", None)
    arrays = np.stack([crops[0, i]["pixels"].permute(1, 2, 0).numpy() for i in range(len(crops))])
    Detector.load(out).logits(arrays)
    assert torch.equal(torch.cat(seen), validated)


def test_input_is_the_resized_normalised_crop(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml")).input
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32)).astype(np.uint8))
    wanted = (crops.numpy() / 255 - np.reshape(part.mean, (3, 1, 1))) / np.reshape(part.std, (3, 1, 1))
    np.testing.assert_allclose(to_input(crops, part).numpy(), wanted, atol=1e-6)
    flat = torch.full((1, 3, 90, 90), 77, dtype=torch.uint8)
    resized = to_input(flat, part)
    assert resized.shape == (1, 3, 32, 32)
    np.testing.assert_allclose(resized[0, 0].numpy(), (77 / 255 - 0.5) / 0.5, atol=1e-6)


def test_score_is_what_timm_says_whatever_comes_beside(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml"))
    torch.manual_seed(0)
    model = build(recipe.model, pretrained=False).eval()
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (10, 3, 40, 40)).astype(np.uint8))
    logits, embeddings = score(model, crops, recipe.input, batch=4)
    with torch.inference_mode():
        torch.testing.assert_close(logits, model(to_input(crops, recipe.input))[:, 0], atol=1e-5, rtol=1e-4)
        head: Any = model.get_submodule("fc")
        torch.testing.assert_close(head(embeddings)[:, 0], logits, atol=1e-5, rtol=1e-4)
    assert torch.equal(score(model, crops[:4], recipe.input, batch=4)[0], logits[:4])


@pytest.mark.parametrize("name", ["train", "val"])
def test_one_class_is_an_error_before_training(toy: Path, name: str) -> None:
    write_split(toy, name, 4, labels=lambda i: 1)
    table = MANIFEST.read(toy / f"{name}.parquet")
    MANIFEST.write(table.filter([label.as_py() == 1 for label in table["label"]]), toy / f"{name}.parquet")
    with pytest.raises(DataError, match=rf"{name}\.parquet holds only fakes \(label 1\); training needs both"):
        run(toy, write_recipe(toy / "toy.yaml"), "out")
    assert not (toy / "out").exists()


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


def test_unknown_backbone_suggests_close_names(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", model__backbone="mobilenet_v3_small")
    with pytest.raises(ParamsError, match=r"no model `mobilenet_v3_small`; the closest are: .*mobilenetv3_small"):
        run(toy, recipe, "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__optimizer": "adamv"}, "`train.optimizer`: timm has no `adamv`; the closest are: .*adamw"),
        ({"train__optimizer_options": {"bettas": 1}}, "`train.optimizer_options`: `adamw` does not take them"),
        ({"model__options": {"colour": 1}}, "timm cannot build `test_resnet` as the recipe says: .*colour"),
    ],
)
def test_what_timm_does_not_take_is_one_error(toy: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        run(toy, write_recipe(toy / "toy.yaml", **changes), "out")


def test_mixed_precision_trains_and_scores_in_full(toy: Path) -> None:
    # A process of its own: accelerate takes one precision per process.
    process = command(toy, write_recipe(toy / "toy.yaml", train__precision="bf16", train__epochs=2))
    assert process.returncode == 0, process.stderr
    crops = np.zeros((1, 40, 40, 3), np.uint8)
    logits, embeddings = Detector.load(toy / "out").score(crops)
    assert logits.dtype == embeddings.dtype == np.float32
    full = run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "full")
    assert (full / "model.safetensors").read_bytes() != (toy / "out" / "model.safetensors").read_bytes()


def test_diverging_training_is_one_error(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__lr=1e30, train__clip_norm="none", train__warmup_epochs=0)
    with pytest.raises(DataError, match=r"lower `train.lr`"):
        run(toy, recipe, "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__lr": "high"}, r"r\.yaml, line \d+: `train\.lr` .*\(given: 'high'\)"),
        ({"train__rate": 1}, r"`train\.rate` unknown key"),
        ({"augment__flip": {"p": 1.5}}, r"line \d+: `augment\.flip\.p` Input should be less than or equal to 1"),
        ({"augment__flop": {"p": 0.5}}, "unknown operation `flop`; there are: blur, colour, downscale, flip, jpeg"),
        ({"augment__jpeg": {"p": 0.5, "quality": [90, 40]}}, r"`augment\.jpeg\.quality` must be a range \[from, to\]"),
        ({"model__weights": "model.pth"}, r"must be `none`, `hub` or the path of a \.safetensors file"),
        ({"train__warmup_epochs": 9}, r"`warmup_epochs` must be below `epochs`"),
    ],
)
def test_mistake_in_a_recipe_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        load(write_recipe(tmp_path / "r.yaml", **changes))


def test_line_of_a_mistake_is_that_of_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.yaml", augment__jpeg={"p": 2, "quality": [1, 2]})
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == "p: 2")
    with pytest.raises(ParamsError, match=rf"line {line}: `augment\.jpeg\.p`"):
        load(path)


def test_recipe_survives_writing(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", augment=OPERATIONS))
    (tmp_path / "again.yaml").write_text(dump(recipe))
    again: Recipe = load(tmp_path / "again.yaml")
    assert again == recipe
    assert list(again.augment) == list(OPERATIONS)


def test_weights_from_a_file_fill_all_but_the_classifier(tmp_path: Path) -> None:
    torch.manual_seed(1)
    save_file(timm.create_model("test_resnet", num_classes=7).state_dict(), tmp_path / "w.safetensors")
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    own = build(recipe.model, pretrained=True).state_dict()
    given = load_file(tmp_path / "w.safetensors")
    assert own["fc.weight"].shape[0] == 1
    assert all(torch.equal(own[name], given[name]) for name in own if not name.startswith("fc."))


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    given = timm.create_model("test_resnet", num_classes=7).state_dict()
    first, second, third = [name for name in given if not name.startswith("fc.")][:3]
    given["odd"] = given.pop(first)
    given[second] = torch.zeros(1, 2, 3)
    save_file(given, tmp_path / "w.safetensors")
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    with pytest.raises(DataError) as error:
        build(recipe.model, pretrained=True)
    said = str(error.value)
    assert f"1 missing ({first})" in said
    assert "1 unexpected (odd)" in said
    assert f"1 of another shape ({second})" in said
    assert third not in said


@pytest.mark.parametrize("content", [None, b"not tensors"])
def test_weights_that_cannot_be_read_are_one_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w.safetensors").write_bytes(content)
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    with pytest.raises(DataError, match=r"the weights .* (do not exist|are not a readable)"):
        build(recipe.model, pretrained=True)


def test_command_line_says_a_mistake_without_a_traceback(toy: Path) -> None:
    process = command(toy, write_recipe(toy / "toy.yaml", model__backbone="resnet5"))
    assert process.returncode == 1
    assert process.stderr.startswith("error: `model.backbone`: timm has no model `resnet5`; the closest are: ")
    assert "Traceback" not in process.stderr


def words(folder: Path, recipe: Path, out: str) -> list[str]:
    inputs = [f"--{name}={folder / name}.parquet" for name in ("train", "val")] + [f"--crops={folder / 'shards'}"]
    script = str(ROOT / "stages" / "60_train.py")
    return [sys.executable, script, f"--recipe={recipe}", *inputs, f"--out={folder / out}"]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src")}


def command(folder: Path, recipe: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words(folder, recipe, "out"), env=environment(), capture_output=True, text=True, check=False)
