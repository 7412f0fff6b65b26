"""What is looked up of a crop is what the manifest's row says."""

from pathlib import Path

import numpy as np
from toy_faces import write_split

from unmask.shards import Place
from unmask.split.tables import MANIFEST
from unmask.train.data import read_manifest
from unmask.train.lookup import Lookup


def test_every_row_is_told_as_the_manifest_has_it(toy: Path) -> None:
    write_split(toy, "more", 3)
    rows = MANIFEST.rows(toy / "train.parquet") + MANIFEST.rows(toy / "more.parquet")
    for number, row in enumerate(rows):
        row["weight"] = 0.5 + number / 4  # exact in float32
    table = read_manifest(MANIFEST.write(rows, toy / "both.parquet"))
    lookup = Lookup(table, ("video", "frame"))
    rows = table.to_pylist()
    assert len({row["shard"] for row in rows}) == 2
    assert lookup.label.dtype == lookup.weight.dtype == np.float32
    for number, row in enumerate(rows):
        assert lookup.place(number) == Place(row["shard"], row["offset"], row["size"])
        assert (lookup.sha256(number), lookup.label[number]) == (row["sha256"], row["label"])
        assert lookup.weight[number] == row["weight"]
    some = np.array([5, 0, 5])
    assert lookup.rows(some) == [{name: rows[at][name] for name in ("video", "frame")} for at in some]
