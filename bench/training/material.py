"""What training is timed on: crops of rendered faces in a shard, their manifest, and a recipe that adds nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tiny_clips import person
from toy_faces import row

from unmask.crop.align import align
from unmask.crop.params import Alignment, Jpeg, Picture, Png
from unmask.crop.store import encode
from unmask.hashing import bytes_sha256
from unmask.model.part import ModelPart
from unmask.shards import ShardWriter
from unmask.split.tables import MANIFEST
from unmask.train.drawing import Sampling
from unmask.train.losses.bce import Settings
from unmask.train.recipe import Recipe, load

# As params.yaml has them, and what it offers beside.
PICTURES: dict[str, Picture] = {"PNG": Png(format="png", level=1), "JPEG": Jpeg(format="jpeg", quality=95)}
PEOPLE, FRAMES = ("ann", "bob", "cleo", "dora"), 4
# Grain of a camera, in levels: rendered faces alone are smoother than real ones, and decode faster.
GRAIN = 2.0


@dataclass(frozen=True)
class Kept:
    """Crops on disk.

    Attributes:
        folder: Holds `shards` and the manifest.
        manifest: The manifest.
        bytes_each: Mean size of a crop's file.
    """

    folder: Path
    manifest: Path
    bytes_each: float

    @property
    def shards(self) -> Path:
        """Give the folder that crops are read from."""
        return self.folder / "shards"


def write(folder: Path, side: int, picture: Picture, count: int) -> Kept:
    """Write crops, half of them called fake, four of each video, and their manifest.

    Args:
        folder: Where they go.
        side: Of a crop, in pixels.
        picture: How they are kept.
        count: How many.
    """
    found, rows = _faces(side), []
    with ShardWriter(folder / "shards" / "toy" / "0.tar") as writer:
        for number in range(count):
            grain = np.random.default_rng(number).normal(0, GRAIN, (side, side, 3))
            data = encode(np.clip(found[number % len(found)] + grain, 0, 255).astype(np.uint8), picture)
            video, label = f"toy/{number // FRAMES:05d}", number // FRAMES % 2
            place = writer.add(f"{video}/{number % FRAMES}{picture.suffix}", data)
            where = {"shard": f"toy/{place.shard}", "offset": place.offset, "size": place.size}
            rows.append(row(video, number % FRAMES, label) | where | {"sha256": bytes_sha256(data)})
    manifest = MANIFEST.write(rows, folder / "manifest.parquet")
    return Kept(folder, manifest, float(np.mean([one["size"] for one in rows])))


def recipe(base: Path, backbone: str, side: int, batch: int, precision: str) -> Recipe:
    """Change a recipe so that a bare loop can do the same: no dropout, no augmentation, one rate, plain loss.

    Args:
        base: The recipe whose optimizer, rate, weight decay and clipping stay.
        backbone: Another backbone of timm, with random weights.
        side: Of crops and input, in pixels.
        batch: Crops of a step.
        precision: What it computes in.
    """
    plan = load(base)
    loss = Settings(name="bce", pos_weight="none", label_smoothing=0.0)
    changes: dict[str, Any] = {"warmup_epochs": 0, "schedule": "none", "batch": batch, "precision": precision}
    sampling = Sampling.choose({"name": "per_video", "crops": FRAMES})
    train = plan.train.model_copy(update=changes | {"loss": loss, "sampling": sampling})
    chosen: dict[str, Any] = {"backbone": backbone, "weights": "none", "drop_rate": 0.0, "options": {}}
    model: ModelPart = plan.model.model_copy(update=chosen)
    shown = plan.input.model_copy(update={"size": side})
    return plan.model_copy(update={"model": model, "input": shown, "train": train})


def _faces(side: int) -> list[NDArray[np.uint8]]:
    """Give aligned faces of rendered people."""
    alignment = Alignment(size=side, margin=1.3, interpolation="linear", border="black")
    films = [person(name) for name in PEOPLE]
    return [align(film.frames[at], film.points[at, :5], alignment) for film in films for at in range(FRAMES)]
