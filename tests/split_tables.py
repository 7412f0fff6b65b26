"""Tables of videos and crops for the tests of split: people and their swaps, and a folder in which the step runs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from pydantic import RootModel

from unmask.crop.tables import CROPS
from unmask.hashing import bytes_sha256
from unmask.index.tables import VIDEOS
from unmask.params import parse
from unmask.split.borrow import borrow
from unmask.split.kept import write_kept
from unmask.split.params import Params
from unmask.split.protocol import Protocol, assign
from unmask.split.step import split
from unmask.split.tables import MANIFEST, SPLITS

Row = dict[str, Any]
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
EVEN = np.array([0.7, 0.15, 0.15])
HASH_BYTES = 8


def params(**changes: Any) -> Params:
    values = {
        "seed": 1, "train_on": ["a"], "validate_on": ["a"], "leave_out": [], "folds": 0, "fold": 0, "shares": SHARES,
        "whole": 10, "straddling": "report", "balance": "none", "shortcut": 0.8, "near": 4, **changes,
    }  # fmt: skip
    return parse(Params, values, Path("params.yaml"), ("split",))


def row(name: str, label: int, identities: Sequence[str], corpus: str = "a", **changes: Any) -> Row:
    """One video; its cluster is its first identity and its bytes are its own, unless told otherwise."""
    key = f"{corpus}/{name}"
    people = [named(corpus, identity) for identity in identities]
    cluster = named(corpus, changes.pop("cluster", people[0]))
    return {
        "video": key, "corpus": corpus, "path": f"{name}.mp4", "label": label, "method": "swap" if label else "",
        "compression": "", "kind": "video", "identities": sorted(people), "cluster": cluster, "pair": None,
        "split": None, "sources": [], "attributes": [],
        "sha256": bytes_sha256(key.encode()), "bytes": 1000, "status": "ok", "reason": "", "width": 640, "height": 480,
        "rotation": 0, "fps": 25.0, "frames": 100, "seconds": 4.0, "codec": "h264", "pixel_format": "yuv420p",
        "bit_rate": 2000.0, **changes,
    }  # fmt: skip


def named(corpus: str, name: str) -> str:
    """Make a name global, as `index` does: those without a data set of their own are the corpus'."""
    return name if ":" in name else f"{corpus}:{name}"


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as `split` reads them."""
    found: pd.DataFrame = pa.Table.from_pylist(list(rows), schema=VIDEOS.schema).to_pandas()
    return found


def swaps(people: int, corpus: str = "a", **changes: Any) -> list[Row]:
    """People in couples: one real each, and both ways of swapping; like FF++, made of components of two."""
    rows = []
    for left in range(0, people, 2):
        for one, other in ((left, left + 1), (left + 1, left)):
            real = f"real/{one:03d}"
            rows.append(row(real, 0, [f"{one:03d}"], corpus, **changes))
            rows += [
                row(f"{method}/{one:03d}_{other:03d}", 1, [f"{one:03d}", f"{other:03d}"], corpus, method=method,
                    cluster=f"{one:03d}", pair=f"{corpus}/{real}", **changes)
                for method in ("deep", "neural")
            ]  # fmt: skip
    return rows


def picture_hash(video: str, frame: int) -> bytes:
    """Stand in for a perceptual hash: crops of different videos differ in about half of the bits."""
    return bytes.fromhex(bytes_sha256(f"{video} {frame} looks".encode()))[:HASH_BYTES]


def crops_of(rows: Sequence[Row], faceless: Sequence[str] = (), each: int = 2) -> list[Row]:
    """Crops of videos: `each` of them, or rows that say `no_face`."""
    made = []
    for one in rows:
        for frame in range(each):
            seen = one["video"] not in faceless
            made.append({
                "video": one["video"], "frame": frame, "face": 0 if seen else -1, "status": "ok" if seen else "no_face",
                "track": 0 if seen else -1, "score": 1.0, "eye_distance": 60.0, "face_size": 130.0,
                "roll": 1.0 if seen else None, "yaw": -9.0 if seen else None, "sharpness": 100.0,
                "landmarks": [float(frame + n) for n in range(10)] if seen else None,
                "phash": picture_hash(one["video"], frame) if seen else b"", "shard": "0.tar" if seen else "",
                "offset": 512 * frame, "size": 100, "sha256": bytes_sha256(f"{one['video']}{frame}".encode()),
            })  # fmt: skip
    return made


class Stage:
    """A folder in which the step runs."""

    def __init__(self, folder: Path, rows: Sequence[Row], faceless: Sequence[str] = ()) -> None:
        self.folder = folder
        self.corpora = sorted({one["corpus"] for one in rows})
        for name in self.corpora:
            part = [one for one in rows if one["corpus"] == name]
            VIDEOS.write(part, folder / "videos" / name)
            CROPS.write(crops_of(part, faceless), folder / "crops" / name)

    def run(self, **changes: Any) -> dict[str, Any]:
        train, val, test = (self.folder / f"{name}.parquet" for name in SPLITS)
        corpora = RootModel[dict[str, Any]](dict.fromkeys(self.corpora))
        videos, crops, metrics = (self.folder / name for name in ("videos", "crops", "out/split.json"))
        if not (kept := self.folder / "kept.csv").exists():
            write_kept({}, kept)
        split(videos, crops, kept, train, val, test, metrics, corpora, params(**changes))
        found: dict[str, Any] = json.loads(metrics.read_text())
        return found

    def manifest(self, name: str) -> pd.DataFrame:
        found: pd.DataFrame = MANIFEST.read(self.folder / f"{name}.parquet").to_pandas()
        return found


def official_ffpp() -> list[Row]:
    """FF++ as it is: pairs of ids, both ways, in one official split each."""
    rows = swaps(40)
    for one in rows:
        couple = int(one["identities"][0].partition(":")[2]) // 2
        one["split"] = "train" if couple < 14 else "val" if couple < 17 else "test"
    return rows


@st.composite
def corpora(draw: st.DrawFn, prefix: str = "", giant: bool = True, corpus: str = "a") -> list[Row]:
    """A random corpus: people with real videos, fakes among neighbours, and (if wanted) a crowd that hangs together."""
    rows = []
    groups = draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
    if giant:
        groups.append(draw(st.integers(11, 16)))
    for number, size in enumerate(groups):
        people = [f"{prefix}{number:02d}p{person:02d}" for person in range(size)]
        rows += [row(f"real/{person}", 0, [person], corpus) for person in people]
        links = [(i, i + 1) for i in range(size - 1)]
        pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
        links += [link for link in draw(st.lists(pairs, max_size=2 * size)) if link[0] != link[1]]
        rows += [
            row(f"fake/{people[i]}_{people[j]}", 1, [people[i], people[j]], corpus, pair=f"{corpus}/real/{people[i]}")
            for i, j in dict.fromkeys(links)
        ]
    return rows


def assigned(rows: Sequence[Row], kept: Mapping[str, str] | None = None, **changes: Any) -> dict[str, str]:
    """Split of each video; of one left out, the reason with a `-` before it."""
    found = protocol_of(rows, kept, **changes)
    return {
        video: split or f"-{why}"
        for video, split, why in zip(found.split.index, found.split.tolist(), found.why.tolist(), strict=True)
    }


def protocol_of(rows: Sequence[Row], kept: Mapping[str, str] | None = None, **changes: Any) -> Protocol:
    """Deal videos, indexed by their keys; a corpus has the layout that is its name up to a `-`."""
    videos = borrow(table(rows))
    layouts = {name: str(name).partition("-")[0] for name in videos["corpus"].unique()}
    return assign(videos.set_index("video", drop=False), params(**changes), layouts, kept or {})
