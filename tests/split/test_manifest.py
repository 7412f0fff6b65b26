"""Manifests: crops joined with what is known of their videos."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from split_tables import Row, Stage, crops_of, official_ffpp, row

from unmask import sorted_rows
from unmask.crop.tables import CROPS
from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.split import manifest as made
from unmask.split.tables import MANIFEST, SPLITS

OF_CROP = ("frame", "face", "status", "track", "landmarks", "offset", "size", "sha256")
# In the order of code points - . / 0 @ a: names and folders that a sloppy order would mix up.
CORPORA = ("a", "a-b", "a.b", "a0", "A")
FOLDERS = ("0", "@", "@a", "a", "é")


def test_manifests_join_crops_with_videos(tmp_path: Path) -> None:
    rows = official_ffpp()
    stage = Stage(tmp_path, rows)
    found = stage.run(balance="weights")
    for name in SPLITS:
        manifest = stage.manifest(name)
        expected = {one["video"]: one for one in rows if one["split"] == name}
        assert len(manifest) == 2 * len(expected) == found["splits"][name]["crops"]
        for line in manifest.to_dict("records"):
            one = expected[line["video"]]
            assert (line["label"], line["method"], line["corpus"]) == (one["label"], one["method"], "a")
            assert line["cluster"] == one["cluster"]
            assert line["shard"] == "a/0.tar"
            assert line["pair"] == one["pair"] or (one["pair"] is None and pd.isna(line["pair"]))
            assert line["sha256"] == bytes_sha256(f"{line['video']}{line['frame']}".encode())
            assert line["offset"] == 512 * line["frame"]
        if name != "train":
            assert (manifest["weight"] == 1).all()
    weights = stage.manifest("train").drop_duplicates("video").groupby("label")["weight"].agg(["sum", "count"])
    assert weights.loc[0, "sum"] == pytest.approx(weights.loc[1, "sum"])
    assert weights["sum"].sum() == pytest.approx(weights["count"].sum())
    assert (stage.manifest("train").groupby("video")["weight"].nunique() == 1).all()


def test_videos_without_a_face_are_counted(tmp_path: Path) -> None:
    rows = official_ffpp()
    first = {(one["split"], one["label"]): one["video"] for one in reversed(rows)}
    faceless = [first["train", 1], first["val", 0], first["test", 1]]
    stage = Stage(tmp_path, rows, faceless)
    found = stage.run()
    for name, video in (("val", faceless[1]), ("test", faceless[2])):
        line = stage.manifest(name).set_index("video").loc[video]
        assert (line["frame"], line["face"], line["status"], line["size"]) == (-1, -1, "no_face", 0)
        assert (line["shard"], line["sha256"], line["track"]) == ("", "", -1)
    assert faceless[0] not in set(stage.manifest("train")["video"])
    assert found["left_out"] == {"no_face": {"videos": 1, "first": [faceless[0]]}}
    assert found["corpora"]["a"]["coverage"] == {
        "real": {"videos": 40, "no_face": 1}, "fake": {"videos": 80, "no_face": 2}
    }  # fmt: skip


def a_project(folder: Path, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, list[Row]]]:
    """Corpora with videos that have 0 to 5 crops among frames without a face, and that borrow from one another."""
    rows: list[Row] = []
    crops: dict[str, list[Row]] = {}
    for corpus in CORPORA:
        names = {f"{rng.choice(FOLDERS)}/{number}" for number in rng.integers(30, size=rng.integers(1, 25))}
        own = [row(name, int(rng.integers(2)), ["p"], corpus, lender="") for name in sorted(names)]
        for one in own:
            seen = crops_of([one], each=int(rng.integers(6)))
            blind = crops_of([one], [one["video"]], each=6)[len(seen) :]
            crops[one["video"]] = [crop | {"shard": f"{corpus}.tar"} for crop in (*seen, *blind)]
        rows += own
        CROPS.write([crop for one in own for crop in crops[one["video"]]], folder / corpus)
    for lent in [rows[n] for n in rng.choice(len(rows), len(rows) // 3, replace=False)]:
        corpus = str(rng.choice([name for name in CORPORA if name != lent["corpus"]]))
        key = f"{corpus}/@{lent['video']}"
        rows.append(lent | {"video": key, "corpus": corpus, "lender": lent["video"]})
        crops[key] = crops[lent["video"]]
    videos = pd.DataFrame(rows).sort_values("video", ignore_index=True)
    return videos.assign(place=rng.choice([*SPLITS, ""], len(videos)), weight=rng.random(len(videos))), crops


def expected(videos: pd.DataFrame, crops: dict[str, list[Row]]) -> list[Row]:
    """Join row by row, as one would by hand."""
    rows = []
    for one in videos.to_dict("records"):
        known = {name: one[name] for name in ("video", "corpus", "label", "method", "cluster", "pair")}
        known["weight"] = float(np.float32(one["weight"]))
        seen = [crop for crop in crops[one["video"]] if crop["status"] == "ok"]
        corpus = (one["lender"] or one["video"]).split("/")[0]
        rows += [known | {name: crop[name] for name in OF_CROP} | {"shard": f"{corpus}/{corpus}.tar"} for crop in seen]
        if not seen:
            blank = {"frame": -1, "face": -1, "status": "no_face", "track": -1, "landmarks": None}
            rows.append(known | blank | {"shard": "", "offset": 0, "size": 0, "sha256": ""})
    return sorted(rows, key=lambda line: (str(line["video"]), line["frame"], line["face"]))


@pytest.mark.parametrize("seed", range(12))
def test_any_project_is_joined_as_by_hand(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    # Pieces so short that videos lie across their borders.
    monkeypatch.setattr(sorted_rows, "ROWS", int(rng.integers(1, 40)))
    videos, crops = a_project(tmp_path / "crops", rng)
    found = made.faces(videos, tmp_path / "crops")
    counts = [sum(crop["status"] == "ok" for crop in crops[video]) for video in videos["video"]]
    assert found["crops"].tolist() == counts
    assert found["status"].tolist() == ["ok" if count else "no_face" for count in counts]
    paths = {name: tmp_path / f"{name}.parquet" for name in SPLITS}
    videos = videos.assign(crops=found["crops"], status=found["status"])
    made.write(videos, tmp_path / "crops", paths)
    for name, path in paths.items():
        assert MANIFEST.rows(path) == expected(videos[videos["place"] == name], crops)
    written = [path.read_bytes() for path in paths.values()]
    threads = pa.cpu_count()
    try:
        pa.set_cpu_count(1)
        made.write(videos, tmp_path / "crops", paths)
    finally:
        pa.set_cpu_count(threads)
    assert [path.read_bytes() for path in paths.values()] == written


def test_crops_that_are_not_those_of_the_videos_are_errors(tmp_path: Path) -> None:
    videos, crops = a_project(tmp_path, np.random.default_rng(0))

    def rewrite(corpus: str, keys: Sequence[str]) -> None:
        CROPS.write([crop for key in keys for crop in crops[key]], tmp_path / corpus)

    own = videos.loc[(videos["corpus"] == "a0") & (videos["lender"] == ""), "video"].tolist()
    rewrite("a0", own[1:])
    with pytest.raises(DataError, match=f"a0 has no row for the video {own[0]}; run the steps up to `crop` again"):
        made.faces(videos, tmp_path)
    rewrite("a0", own)
    with pytest.raises(DataError, match=f"a0 has crops of {own[0]}, which is no video of the corpus"):
        made.faces(videos[videos["video"] != own[0]], tmp_path)
    lent = max(videos["lender"])
    rest = videos[videos["video"] != lent]
    corpus = lent.split("/")[0]
    rewrite(corpus, rest.loc[(rest["corpus"] == corpus) & (rest["lender"] == ""), "video"].tolist())
    with pytest.raises(DataError, match=f"{corpus} has no row for the video {lent}"):
        made.faces(rest, tmp_path)


def test_borrowed_reals_have_the_crops_of_the_lender(tmp_path: Path) -> None:
    rows = official_ffpp()
    reals = [one for one in rows if one["label"] == 0]
    rows += [
        row(f"df/{number:02d}", 1, one["identities"], "b", pair=one["video"], cluster=one["cluster"])
        for number, one in enumerate(reals)
    ]
    stage = Stage(tmp_path, rows)
    stage.run(train_on=["a", "b"], validate_on=["a", "b"], balance="pairs")
    for name in SPLITS:
        manifest = stage.manifest(name)
        lent = manifest[manifest["video"].str.startswith("b/@a/real/")]
        assert len(lent) > 0
        assert set(lent["corpus"]) == {"b"}
        assert set(lent["shard"]) == {"a/0.tar"}
        own = manifest[manifest["video"].str.startswith("a/real/")]
        assert lent["sha256"].tolist() == own["sha256"].tolist()
        fakes = manifest[manifest["video"].str.startswith("b/df/")]
        assert set(fakes["pair"]) == set(lent["video"])
        assert set(fakes["shard"]) == {"b/0.tar"}
