"""Invented tables of videos and crops, as large as wanted, that look to `split` like five large data sets.

`duos` is like FaceForensics++ (official lists), `targets` like DeeperForensics (its reals are those of `duos`), `parts`
like DFDC (one group of identities per part), `crowd` like Celeb-DF (nearly all people hang together), and `wild` has
nothing but files.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unmask.crop.tables import CROPS
from unmask.hashing import bytes_sha256
from unmask.index.tables import VIDEOS

# Share of all videos.
SHARES = {"duos": 0.03, "targets": 0.17, "parts": 0.40, "crowd": 0.10, "wild": 0.30}
CROPS_PER_VIDEO, FACELESS = 32, 0.01
SHARDS, HASH = 256, 32
ROWS = 1 << 17

Row = dict[str, Any]


def project(folder: Path, crops: int) -> None:
    """Write `videos/<corpus>/videos.parquet` and `crops/<corpus>/crops.parquet`.

    Args:
        folder: Where to.
        crops: Number of rows of all tables of crops, about.
    """
    for number, (name, share) in enumerate(SHARES.items()):
        rng = np.random.default_rng([1, number])
        count = int(crops * share / CROPS_PER_VIDEO)
        rows = [_video(name, rng, **row) for row in globals()[f"_{name}"](count, crops, rng)]
        VIDEOS.write(rows, folder / "videos" / name)
        with CROPS.writer(folder / "crops" / name) as out:
            keys = sorted(row["video"] for row in rows)
            step = ROWS // CROPS_PER_VIDEO
            for first in range(0, len(keys), step):
                out.write(_crops(keys[first : first + step], rng))


def rows(folder: Path) -> int:
    """Count the rows of all tables of crops."""
    return sum(pq.read_metadata(path).num_rows for path in (folder / "crops").rglob("*.parquet"))


def _duos(count: int, _crops: int, _rng: np.random.Generator) -> Iterator[Row]:
    for number in range(count // 6):
        one, other = f"duos:{number:04d}", f"duos:{number ^ 1:04d}"
        split = ("train", "train", "train", "val", "test")[number // 2 % 5]
        real = f"original_sequences/youtube/c23/videos/{number:04d}"
        yield {"name": real, "identities": [one], "split": split}
        for method in ("Deepfakes", "Face2Face", "FaceShifter", "FaceSwap", "NeuralTextures"):
            name = f"manipulated_sequences/{method}/c23/videos/{number:04d}_{number ^ 1:04d}"
            yield {"name": name, "method": method, "identities": [one, other], "split": split, "pair": f"duos/{real}"}


def _targets(count: int, crops: int, rng: np.random.Generator) -> Iterator[Row]:
    people = int(crops * SHARES["duos"] / CROPS_PER_VIDEO) // 6
    for number in range(count):
        target, actor = number % people, int(rng.integers(100))
        name = f"manipulated_videos/{number // people:03d}/{target:04d}_M{actor:03d}"
        pair = f"duos/original_sequences/youtube/c23/videos/{target:04d}"
        yield {"name": name, "method": "DF-VAE", "identities": [f"duos:{target:04d}"], "pair": pair}


def _parts(count: int, _crops: int, rng: np.random.Generator) -> Iterator[Row]:
    real = ""
    for number in range(count):
        part = f"part_{number * 50 // count:02d}"
        name = f"dfdc_train_{part}/{rng.bytes(5).hex()}"
        fake = bool(number % 6 and real.startswith(f"parts/dfdc_train_{part}/"))
        real = real if fake else f"parts/{name}"
        more = {"method": "unknown", "pair": real} if fake else {}
        yield {"name": name, "identities": [f"parts:{part}"], **more}


def _crowd(count: int, _crops: int, rng: np.random.Generator) -> Iterator[Row]:
    reals, people = max(count // 10, 1), max(count // 50, 30)
    for number in range(reals):
        yield {"name": f"Celeb-real/id{number % people}_{number:04d}", "identities": [f"crowd:id{number % people}"]}
    for number in range(reals, count):
        clip, other = int(rng.integers(reals)), int(rng.integers(people))
        one = clip % people
        yield {
            "name": f"Celeb-synthesis/id{one}_id{other}_{number:05d}", "method": "swap",
            "identities": list(dict.fromkeys([f"crowd:id{one}", f"crowd:id{other}"])),
            "pair": f"crowd/Celeb-real/id{one}_{clip:04d}",
        }  # fmt: skip


def _wild(count: int, _crops: int, _rng: np.random.Generator) -> Iterator[Row]:
    for number in range(count):
        fake = {"method": "unknown"} if number % 3 else {}
        yield {"name": f"{'fake' if fake else 'real'}/{number // 1000:03d}/{number:06d}", "identities": [], **fake}


def _video(corpus: str, rng: np.random.Generator, name: str, **known: Any) -> Row:
    key, seconds = f"{corpus}/{name}", float(rng.uniform(5, 20))
    identities, rate = known.get("identities", []), float(rng.lognormal(14, 0.5))
    return {
        "video": key, "corpus": corpus, "path": f"{name}.mp4", "label": int("method" in known),
        "method": known.get("method", ""), "compression": "", "kind": "video", "identities": sorted(identities),
        "cluster": identities[0] if identities else key.replace("/", ":", 1), "pair": known.get("pair"),
        "split": known.get("split"), "sources": [], "attributes": [], "sha256": bytes_sha256(key.encode()),
        "bytes": int(rate * seconds / 8), "status": "ok", "reason": "", "width": 1280, "height": 720, "rotation": 0,
        "fps": float(rng.choice([24.0, 25.0, 30.0])), "frames": int(25 * seconds), "seconds": seconds, "codec": "h264",
        "pixel_format": "yuv420p", "bit_rate": rate,
    }  # fmt: skip


def _crops(keys: list[str], rng: np.random.Generator) -> pa.Table:
    """Make the crops of some videos: one face in each frame; a few videos have none and one row."""
    seen = rng.random(len(keys)) >= FACELESS
    each = np.where(seen, CROPS_PER_VIDEO, 1)
    video, there = np.repeat(np.arange(len(keys)), each), np.repeat(seen, each)
    count = len(video)
    frame = (np.arange(count) - np.repeat(np.cumsum(each) - each, each)) * 10
    size = np.where(there, rng.integers(30_000, 90_000, count), 0)
    minus = np.where(there, 0, -1).astype(np.int16)
    names = np.array([f"{shard:03d}.tar" for shard in rng.integers(SHARDS, size=len(keys))], dtype=object)
    values = {
        "video": pa.array(np.array(keys, dtype=object)[video]), "frame": np.where(there, frame, -1).astype(np.int32),
        "face": minus, "status": np.where(there, "ok", "no_face"), "track": minus,
        "score": rng.random(count, dtype=np.float32), "eye_distance": rng.random(count, dtype=np.float32) * 100,
        "face_size": rng.random(count, dtype=np.float32) * 200, "roll": rng.random(count, dtype=np.float32) * 20,
        "yaw": rng.random(count, dtype=np.float32) * 60,
        "sharpness": rng.random(count, dtype=np.float32) * 500, "phash": _some(_bytes(32, count, rng), there, b""),
        "shard": np.where(there, names[video], ""), "offset": np.cumsum(size), "size": size,
        "sha256": _some(_hex(64, count, rng), there, ""),
    }  # fmt: skip
    columns = [pa.array(values[field.name], type=field.type) for field in CROPS.schema]
    return pa.table(columns, schema=CROPS.schema)


def _bytes(length: int, count: int, rng: np.random.Generator) -> pa.Array:
    return _fixed(pa.binary(), length, rng.integers(256, size=count * length, dtype=np.uint8))


def _hex(length: int, count: int, rng: np.random.Generator) -> pa.Array:
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    return _fixed(pa.string(), length, digits[rng.integers(16, size=count * length)])


def _fixed(type_: pa.DataType, length: int, data: np.ndarray) -> pa.Array:
    offsets = np.arange(0, len(data) + 1, length, dtype=np.int32)
    return pa.Array.from_buffers(type_, len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _some(values: pa.Array, there: np.ndarray, blank: object) -> pa.Array:
    return pc.if_else(pa.array(there), values, pa.scalar(blank, values.type))
