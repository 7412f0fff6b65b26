"""A toy for the tests of training and prediction: a small recipe, and crops with a planted signal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from ruamel.yaml import YAML

from unmask.hashing import bytes_sha256
from unmask.predict.model import Detector
from unmask.shards import ShardWriter
from unmask.split.tables import MANIFEST

SMALL: dict[str, Any] = {
    "seed": 3,
    "model": {
        "backbone": "test_resnet", "weights": "none", "sha256": "", "drop_rate": 0.1, "head": {"name": "plain"},
        "freeze": "none", "checkpointing": False, "channels_last": True, "compile": False, "options": {},
    },
    "input": {"size": 32, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.4, 0.3], "interpolation": "bilinear"},
    "blend": "none",
    "augment": {
        "policies": {"some": {"flip": {"p": 0.5}, "jpeg": {"p": 0.3, "quality": [60, 95], "subsampling": [420]}}},
        "default": "some", "corpora": {},
    },
    "train": {
        "epochs": 4, "patience": 4, "select": "video_auc", "sampling": {"name": "per_video", "crops": 3}, "batch": 8,
        "optimizer": "adamw", "optimizer_options": {}, "lr": 0.003, "weight_decay": 0.01, "layer_decay": "none",
        "warmup_epochs": 0.5, "schedule": "cosine", "sam": "none", "ema": "none", "precision": "fp32",
        "loss": {"name": "bce", "pos_weight": "balance", "label_smoothing": 0.0},
        "clip_norm": 1.0, "freeze_norm": False,
    },
    "predict": {"batch": 4},
}  # fmt: skip


def asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list that gets the number of crops each time a network is asked."""
    asked: list[int] = []
    original = Detector.score

    def counted(self: Detector, crops: np.ndarray) -> Any:
        asked.append(len(crops))
        return original(self, crops)

    monkeypatch.setattr(Detector, "score", counted)
    return asked


def write_recipe(path: Path, **changes: Any) -> Path:
    """Write the small recipe, some keys (`train__lr`) changed."""
    values = json.loads(json.dumps(SMALL))
    for name, value in changes.items():
        node, keys = values, name.split("__")
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value
    with path.open("w") as file:
        YAML().dump(values, file)
    return path


def picture(rng: np.random.Generator, label: int) -> NDArray[np.uint8]:
    """Draw noise, and for a fake a bright square where the mouth would be: the planted signal."""
    image = rng.integers(0, 160, (40, 40, 3)).astype(np.uint8)
    if label:
        image[24:34, 14:26] += 90
    return image


def write_split(folder: Path, name: str, videos: int, labels: Callable[[int], int] = lambda i: i % 2) -> Path:
    """Write crops of some videos and their manifest; the last video of val has no face."""
    rows = []
    with ShardWriter(folder / "shards" / "toy" / f"{name}.tar") as writer:
        for number in range(videos):
            video, label = f"toy/{name}{number:02d}", labels(number)
            rng = np.random.default_rng([number, len(name)])
            for frame in range(4):
                data = bytes(cv2.imencode(".png", picture(rng, label))[1])
                place = writer.add(f"{video}/{frame}.png", data)
                where = {"shard": f"toy/{place.shard}", "offset": place.offset, "size": place.size}
                rows.append(row(video, frame, label) | where | {"sha256": bytes_sha256(data)})
    if name != "train":
        rows.append(row(f"toy/{name}99", -1, 0) | {"face": -1, "status": "no_face"})
    return MANIFEST.write(rows, folder / f"{name}.parquet")


def row(video: str, frame: int, label: int) -> dict[str, Any]:
    return {
        "video": video, "frame": frame, "face": 0, "status": "ok", "corpus": "toy", "label": label,
        "method": "m" if label else "", "cluster": video, "pair": None, "track": 0, "weight": 1.0,
        "landmarks": None, "shard": "", "offset": 0, "size": 0, "sha256": "",
    }  # fmt: skip
