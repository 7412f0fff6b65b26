"""The step `probe` on toy faces: manifests, frame tables, a recipe with heads and a network with random weights."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from toy_faces import write_recipe, write_split

from unmask.extract.tables import FRAMES
from unmask.model.build import build
from unmask.predict.step import predict
from unmask.predict.tables import SCORES
from unmask.probe.step import probe
from unmask.split.tables import MANIFEST, SPLITS
from unmask.train.recipe import dump, load

SEQUENCE: dict[str, Any] = {
    "width": [8], "layers": [1], "dropout": [0.0], "shortest": 0.1, "longest": 4.0, "length": "all", "lr": [0.01],
    "weight_decay": 0.01, "batch": 4, "epochs": 3, "patience": 3,
}  # fmt: skip
HEADS: dict[str, Any] = {
    "mean": {},
    "knn": {"neighbours": [1, 5], "metric": ["euclidean"]},
    "svm": {"kernel": ["linear", "rbf"], "c": [1.0], "gamma": ["scale"]},
    "logistic": {"c": [0.01, 1.0], "most_steps": 500},
    "gru": SEQUENCE | {"both_ways": [False]},
    "lstm": SEQUENCE | {"both_ways": [True]},
    "transformer": SEQUENCE | {"heads": [2]},
}
RATE = 12.5


def section(**changes: Any) -> dict[str, Any]:
    return {"network": "trained", "faces_per_video": "all", "heads": HEADS} | changes


def prepare(folder: Path, videos: int = 8) -> Path:
    """Write crops and manifests of three splits, times of frames, and a recipe with its untrained model."""
    for name in SPLITS:
        write_split(folder, name, videos)
    write_frames(folder)
    recipe = write_recipe(folder / "toy.yaml", probes=section())
    model(recipe, folder / "model")
    return folder


def write_frames(folder: Path) -> None:
    rows = [row for name in SPLITS for row in MANIFEST.rows(folder / f"{name}.parquet")]
    empty = {"kind": "video", "pair": "", "status": "ok", "reason": "", "path": "", "reader": "", "shard": "",
             "sha256": ""} | dict.fromkeys(
                 ("position", "rank", "enough", "decoded", "width", "height", "rotation", "offset", "size"), 0
             )  # fmt: skip
    found = {(row["video"], row["frame"]) for row in rows}
    times = [empty | {"video": v, "frame": f, "seconds": max(0, f) / RATE} for v, f in sorted(found)]
    FRAMES.write(times, folder / "frames" / "toy")


def model(recipe: Path, out: Path) -> None:
    """Write a network with random weights, as if it had been trained."""
    out.mkdir()
    torch.manual_seed(0)
    plan = load(recipe)
    state = network(recipe).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, out / "model.safetensors")
    (out / "recipe.yaml").write_text(dump(plan))


def network(recipe: Path) -> torch.nn.Module:
    plan = load(recipe)
    return build(plan.model, plan.input, pretrained=False)


def run(folder: Path, out: str, recipe: str = "toy.yaml") -> Path:
    train, val, test = (folder / f"{name}.parquet" for name in SPLITS)
    shards, frames = folder / "shards", folder / "frames"
    probe(folder / recipe, folder / "model", train, val, test, shards, frames, folder / out)
    return folder / out


def logits(folder: Path) -> dict[tuple[str, int, int], float | None]:
    return {(row["video"], row["frame"], row["face"]): row["logit"] for row in SCORES.rows(folder)}


def predicted(folder: Path) -> Path:
    """Let the network itself score validation and test."""
    val, test = (folder / f"{name}.parquet" for name in ("val", "test"))
    predict(folder / "model", val, test, folder / "shards", folder / "predicted")
    return folder / "predicted"
