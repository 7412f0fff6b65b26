"""Invented crops, and the ways in which they lie on disk."""

from pathlib import Path

import numpy as np

from unmask.shards import ShardWriter, by_shard

SEED = 1
# Of a video, so many crops; of a corpus, so many shards, as in params.yaml; sizes as of crops of 128 pixels, in bytes.
EACH, SHARDS = 8, 8
MEAN, SPREAD = 27_000, 5_000

Crops = dict[str, list[tuple[str, bytes]]]


def crops(count: int, first: int = 0) -> Crops:
    """Give the crops of videos: for each, names and bytes."""
    rng = np.random.default_rng([SEED, first])
    videos = [f"corpus/{number:06d}" for number in range(first, first + -(-count // EACH))]
    sizes = np.clip(rng.normal(MEAN, SPREAD, (len(videos), EACH)), 5_000, None).astype(int)
    return {
        video: [(f"{video}/{10 * place:06d}_0.png", rng.bytes(int(size))) for place, size in enumerate(row)]
        for video, row in zip(videos, sizes, strict=True)
    }


def as_shards(data: Path, videos: Crops) -> None:
    """Write crops as the step does."""
    for name, group in by_shard(videos, SHARDS):
        with ShardWriter(data / name) as shard:
            for video in group:
                for member, picture in videos[video]:
                    shard.add(member, picture)


def as_files(data: Path, videos: Crops) -> None:
    """Write a file for each crop, a folder for each video."""
    for listed in videos.values():
        for name, picture in listed:
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture)


def as_nothing(data: Path, videos: Crops) -> None:
    """Write one small file, however many crops there are."""
    data.mkdir(exist_ok=True)
    (data / "one").write_text(str(len(videos)))


LAYOUTS = {"start-up": as_nothing, "shards": as_shards, "files": as_files}
