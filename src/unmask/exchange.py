"""Exchange: the splits and their crops, written as DeepfakeBench reads them (https://github.com/SCLBD/DeepfakeBench)."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from unmask.crop.reading import suffix
from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.index.bench import label_of
from unmask.shards import Place, read_at
from unmask.split.tables import MANIFEST, SPLITS

COLUMNS = "video frame face status corpus label method cluster shard offset size sha256".split()  # noqa: SIM905

Row = dict[str, Any]


def write(manifests: Path, crops: Path, out: Path) -> dict[str, int]:
    """Write a list `<corpus>.json` for each corpus, and the crops it names.

    Crops become `<corpus>/<label>/frames/<video>/<frame>.png` (or `.jpg`), byte for byte as they are kept; a second
    face in a frame has `_<face>` behind the number. `label_dict.yaml` holds the labels, for DeepfakeBench's
    configuration.

    Args:
        manifests: Folder with train.parquet, val.parquet and test.parquet.
        crops: Folder of crop shards.
        out: Folder to write, new or empty.

    Returns:
        Number of videos of each corpus; videos without a crop are not written.

    Raises:
        DataError: The folder is not empty, or a crop is not the one that the manifest names.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is {'not empty' if out.is_dir() else 'a file'}; name a new folder.")
    rows = [row | {"split": s} for s in SPLITS for row in MANIFEST.rows(manifests / f"{s}.parquet", COLUMNS)]
    corpora: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["shard"]:
            label = label_of(row["label"], row["method"], row["cluster"].partition(":")[0])
            corpora[row["corpus"]].append(row | {"said": label})
    out.mkdir(parents=True, exist_ok=True)
    labels = {row["said"]: row["label"] for listed in corpora.values() for row in listed}
    lines = [f"  {json.dumps(name)}: {label}\n" for name, label in sorted(labels.items())]
    (out / "label_dict.yaml").write_text("label_dict:\n" + "".join(lines), encoding="utf-8")
    return {corpus: _write(corpus, listed, crops, out) for corpus, listed in sorted(corpora.items())}


def _write(corpus: str, rows: list[Row], crops: Path, out: Path) -> int:
    """Write one corpus and give the number of its videos."""
    names = _names(rows)
    listed: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: {split: {} for split in SPLITS})
    for row in sorted(rows, key=lambda row: (row["video"], row["frame"], row["face"])):
        name = names[row["video"]]
        data = _picture(crops, row)
        path = f"{corpus}/{_file(row['said'])}/frames/{name}/{row['frame']:03d}{_face(row)}{suffix(data)}"
        place = out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        record = listed[row["said"]][row["split"]].setdefault(name, {"label": row["said"], "frames": []})
        record["frames"].append(path)
    text = json.dumps({corpus: {label: listed[label] for label in sorted(listed)}}, indent=1)
    (out / f"{corpus}.json").write_text(text + "\n", encoding="utf-8")
    return len(names)


def _names(rows: list[Row]) -> Mapping[str, str]:
    """Name videos as their files are named, or by their whole key where two of a label would have one name."""
    said = {row["video"]: row["said"] for row in rows}
    short = {video: PurePosixPath(video).name for video in said}
    count = Counter((said[video], name) for video, name in short.items())
    return {v: name if count[said[v], name] == 1 else v.replace("/", "__") for v, name in short.items()}


def _file(name: str) -> str:
    return name.replace("/", "_")


def _face(row: Row) -> str:
    return f"_{row['face']}" if row["face"] else ""


def _picture(crops: Path, row: Row) -> bytes:
    data = read_at(crops, Place(row["shard"], row["offset"], row["size"]))
    if bytes_sha256(data) != row["sha256"]:
        raise DataError(f"{crops / row['shard']} holds another crop than the manifest says; run crop and split again.")
    return data
