"""Near-duplicates: a copy that was encoded again is found in another split, and other people's videos are not."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from itertools import combinations
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_tables import Row, Stage, crops_of, official_ffpp, row
from tiny_clips import person

from unmask.crop.align import align
from unmask.crop.params import Alignment
from unmask.crop.quality import phash
from unmask.crop.tables import CROPS
from unmask.errors import ParamsError
from unmask.split import near as rooms
from unmask.split.near import near
from unmask.split.tables import SPLITS

# What params.yaml has.
BITS = 40
PEOPLE = ("ann", "bob", "cleo", "dan", "eve", "fay")
ALIGNMENT = Alignment(size=128, margin=1.3, interpolation="linear", border="black")

# The search -----------------------------------------------------------------------------------------------------------


def population(seed: int, videos: int, copies: int, flips: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Random hashes of four crops of each video; the last videos are copies of the first, in the next split."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (videos, 4, 256), dtype=np.uint8)
    for copy in range(copies):
        bits[videos - copies + copy] = bits[copy]
        for crop in range(4):
            bits[videos - copies + copy, crop, rng.permutation(256)[:flips]] ^= 1
    places = [SPLITS[number % 3] for number in range(videos)]
    for copy in range(copies):
        places[videos - copies + copy] = SPLITS[(copy + 1) % 3]
    table = pd.DataFrame({"video": [f"a/{number:05d}" for number in range(videos)], "place": places})
    return table, np.repeat(np.arange(videos), 4), np.packbits(bits.reshape(-1, 256), axis=1)


def brute(table: pd.DataFrame, owner: np.ndarray, hashes: np.ndarray, bits: int) -> list[tuple[str, str, int, int]]:
    """Compare all with all, in plain Python."""
    values = [int.from_bytes(bytes(one), "big") for one in hashes]
    of = [
        [value for value, video in zip(values, owner, strict=True) if video == number] for number in range(len(table))
    ]
    found = []
    for i, j in combinations(range(len(table)), 2):
        best = [min((a ^ b).bit_count() for b in of[j]) for a in of[i]]
        alike = sum(value <= bits for value in best)
        if table["place"][i] != table["place"][j] and alike >= 2:
            found.append((table["video"][i], table["video"][j], alike, min(best)))
    return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(0, 110), st.integers(8, 105))
def test_few_videos_are_compared_in_full(seed: int, copies: int, flips: int, bits: int) -> None:
    table, owner, hashes = population(seed, 24, copies, flips)
    found = near(table, owner, hashes, bits, seed)
    assert list(found[["first", "second", "crops", "closest"]].itertuples(index=False)) == brute(
        table, owner, hashes, bits
    )
    assert set(found["of"]) <= {4}


def test_many_videos_are_compared_with_neighbours_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "BUDGET", 0)
    table, owner, hashes = population(1, 9000, 300, 26)
    found = near(table, owner, hashes, BITS, 1)
    wanted = {(f"a/{copy:05d}", f"a/{8700 + copy:05d}") for copy in range(300)}
    assert set(zip(found["first"], found["second"], strict=True)) <= wanted
    assert len(found) >= 294
    assert (found["crops"] == 4).all()


def test_order_of_videos_does_not_matter() -> None:
    table, owner, hashes = population(3, 40, 6, 20)
    there = near(table, owner, hashes, BITS, 1)
    order = np.random.default_rng(0).permutation(len(table))
    moved = np.concatenate([hashes[owner == number] for number in order])
    back = near(table.iloc[order].reset_index(drop=True), owner, moved, BITS, 7)
    pd.testing.assert_frame_equal(there, back)
    assert len(there) == 6


def test_one_face_alone_may_be_chance() -> None:
    table, owner, hashes = population(2, 6, 0, 0)
    hashes[owner == 1] = hashes[owner == 1]
    hashes[5] = hashes[1]
    assert len(near(table, owner, hashes, BITS, 1)) == 0
    hashes[6] = hashes[2]
    found = near(table, owner, hashes, BITS, 1)
    assert found[["first", "second", "crops", "of", "closest"]].to_numpy().tolist() == [["a/00000", "a/00001", 2, 4, 0]]


def test_nothing_to_compare() -> None:
    table, owner, hashes = population(2, 6, 0, 0)
    assert near(table.assign(place="test"), owner, hashes, BITS, 1).empty
    assert near(table, owner[:0], hashes[:0], BITS, 1).empty


# Faces ----------------------------------------------------------------------------------------------------------------


@cache
def faces(name: str, crf: int = 0, shrink: float = 1.0, drop: int = 0) -> tuple[bytes, ...]:
    """Hash the crops of a rendered person, encoded by x264 unless crf is 0, shrunk, without the first frames."""
    film = person(name)
    frames, points = film.frames[drop:], film.points[drop:, :5] * shrink
    if shrink < 1:
        frames = np.stack([cv2.resize(one, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) for one in frames])
    pictures = encoded(frames, crf) if crf else list(frames)
    return tuple(phash(align(frame, places, ALIGNMENT)) for frame, places in zip(pictures, points, strict=True))


def encoded(frames: np.ndarray, crf: int) -> list[np.ndarray]:
    data = BytesIO()
    with av.open(data, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    data.seek(0)
    with av.open(data, "r") as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def compare(one: Sequence[bytes], other: Sequence[bytes]) -> pd.DataFrame:
    table = pd.DataFrame({"video": ["a/one", "a/other"], "place": ["train", "test"]})
    hashes = np.frombuffer(b"".join([*one, *other]), np.uint8).reshape(-1, len(one[0]))
    return near(table, np.repeat([0, 1], [len(one), len(other)]), hashes, BITS, 1)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(("crf", "shrink", "drop"), [(18, 1, 0), (28, 0.75, 0), (34, 1, 0), (23, 1, 1), (20, 0.5, 0)])
def test_a_copy_encoded_again_is_found(name: str, crf: int, shrink: float, drop: int) -> None:
    assert len(compare(faces(name), faces(name, crf, shrink, drop))) == 1


def test_other_people_are_not() -> None:
    for number, name in enumerate(PEOPLE):
        for other in PEOPLE[number + 1 :]:
            assert compare(faces(name), faces(other)).empty


def with_faces(rows: Sequence[Row], folder: Path, named: dict[str, tuple[bytes, ...]]) -> Stage:
    """Give some videos of a stage these crops, and all others crops that nothing resembles."""
    stage = Stage(folder, rows)
    rng = np.random.default_rng(0)
    for corpus in stage.corpora:
        crops = crops_of([one for one in rows if one["corpus"] == corpus], each=3)
        for crop in crops:
            crop["phash"] = named[crop["video"]][crop["frame"]] if crop["video"] in named else rng.bytes(32)
        CROPS.write(crops, folder / "crops" / corpus)
    return stage


def test_the_step_warns_of_a_copy_by_name_and_does_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*official_ffpp(), row("copy", 0, ["stranger"], "b"), row("other", 1, ["nobody"], "b")]
    copies = {"a/real/000": faces("ann"), "b/copy": faces("ann", 28, 0.75), "b/other": faces("bob")}
    stage = with_faces(rows, tmp_path, copies)
    found = stage.run(near=BITS)["near"]
    assert found["pairs"] == 1
    assert found["first"][0].startswith("a/real/000 in train and b/copy in test: 3 of 3 crops alike")
    told = capsys.readouterr().err
    assert "1 pairs of videos in two splits look like copies" in told
    assert "a/real/000 in train and b/copy in test" in told
    assert {path.name for path in tmp_path.glob("*.parquet")} == {"train.parquet", "val.parquet", "test.parquet"}
    # Switched off, it says so.
    assert stage.run(near=0)["near"] == {"bits": 0, "pairs": None, "first": []}
    assert "look like copies" not in capsys.readouterr().err


def test_a_limit_at_which_all_people_look_the_same_is_refused(tmp_path: Path) -> None:
    stage = with_faces(official_ffpp(), tmp_path, {})
    with pytest.raises(ParamsError, match=r"`split.near` is 65, but crops have hashes of 256 bits; with more than 64"):
        stage.run(near=65)


def test_two_runs_find_the_same(tmp_path: Path) -> None:
    rows = [*official_ffpp(), row("copy", 0, ["stranger"], "b"), row("other", 1, ["nobody"], "b")]
    named = {"a/real/000": faces("ann"), "b/copy": faces("ann", 28, 0.75)}
    one, two = (
        with_faces(order, tmp_path / name, named).run(near=BITS) for name, order in (("1", rows), ("2", rows[::-1]))
    )
    assert one["near"]["pairs"] == two["near"]["pairs"] == 1
    assert one["near"]["first"] == two["near"]["first"]


def test_when_all_look_alike_the_most_alike_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unmask.split.near.MOST_PAIRS", 5)
    table = pd.DataFrame({"video": [f"a/{n:02d}" for n in range(20)], "place": ["train", "test"] * 10})
    hashes = np.zeros((60, 32), dtype=np.uint8)
    found = near(table, np.repeat(np.arange(20), 3), hashes, BITS, 1)
    assert len(found) == 5
    assert set(found["crops"]) == {3}
    assert set(found["closest"]) == {0}
