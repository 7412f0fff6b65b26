"""Which frames: evenly spread over time, of every interval, key frames, and candidates for faces."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from extract.staged import changed, rows_of, run
from tiny_video import number_of

from unmask.extract.choose import interval, keyframes, spread, uniform, with_face
from unmask.extract.load import load_frames
from unmask.extract.reader import Line, line_of


def line(seconds: Sequence[float], keys: Sequence[int] = (0,)) -> Line:
    return line_of(seconds, [number in keys for number in range(len(seconds))])


def even(count: int) -> Line:
    return line([number / 25 for number in range(count)], range(0, count, 10))


@pytest.mark.parametrize("wanted", [1, 2, 7, 32])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 31, 32, 33, 1000])
def test_uniform_choice_is_even(count: int, wanted: int) -> None:
    # Where all frames last equally long, even in time is even in number.
    for chosen in (uniform(even(count), wanted), spread(count, wanted)):
        assert len(chosen) == min(count, wanted)
        assert chosen == sorted(set(chosen))
        # Each frame lies in its own of equal stretches, within half a frame of the middle and a millisecond more.
        length = Fraction(count, len(chosen))
        for part, number in enumerate(chosen):
            middle = (part + Fraction(1, 2)) * length
            assert abs(number + Fraction(1, 2) - middle) <= Fraction(1, 2) + Fraction(25, 1000)


def test_uniform_choice_follows_time_and_is_never_short() -> None:
    # Ten frames in the first second, then one that stays for nine: it is shown in the middle of four of five stretches,
    # and the frames before it stand in as late as they can.
    crowded = line([*(n / 10 for n in range(10)), 1.0, 10.0])
    assert uniform(crowded, 5) == [7, 8, 9, 10, 11]
    assert uniform(line([0.0, 0.1, 0.2, 5.0, 9.9]), 2) == [2, 3]


@pytest.mark.parametrize("unit", [1000, 90_000, 12_800, 30_000])
def test_rounded_stamps_choose_the_same_frames(unit: int) -> None:
    exact = line([n / 25 for n in range(200)])
    rounded = line([round(n / 25 * unit) / unit for n in range(200)])
    for frames in (1, 4, 8, 25):
        assert uniform(rounded, frames) == uniform(exact, frames)
        assert with_face(rounded, frames, 50) == with_face(exact, frames, 50)


def test_one_frame_of_every_interval_is_its_first() -> None:
    assert interval(even(100), 1.0, 300) == [0, 25, 50, 75]
    assert interval(even(100), 1.0, 2) == [25, 75]
    assert interval(line([0.0, 0.999, 1.4, 4.2, 4.9]), 1.0, 300) == [0, 1, 3]
    assert interval(line([0.0, 0.5, 0.98, 2.2]), 1.0, 300) == [0, 3]
    seconds = np.cumsum(np.random.default_rng(3).uniform(0.01, 0.4, 500))
    chosen = interval(line(seconds - seconds[0]), 0.7, 10_000)
    held = np.floor((seconds - seconds[0] + 1e-3)[chosen] / 0.7)
    assert len(set(held)) == len(chosen) == len(set(np.floor((seconds - seconds[0] + 1e-3) / 0.7)))


def test_key_frames_are_chosen_or_the_first_frame() -> None:
    assert keyframes(even(100), 100) == list(range(0, 100, 10))
    assert keyframes(even(100), 2) == [20, 70]
    assert keyframes(line([0.0, 1.0], keys=()), 100) == [0]


@pytest.mark.parametrize("count", [1, 5, 8, 9, 24, 25, 400])
@pytest.mark.parametrize(("frames", "tries"), [(8, 24), (1, 10), (3, 3), (5, 400)])
def test_candidates_are_the_uniform_ones_and_then_fill_the_gaps(count: int, frames: int, tries: int) -> None:
    chosen = with_face(even(count), frames, tries)
    assert len(chosen) == len(set(chosen)) == min(tries, count)
    assert chosen[:frames] == uniform(even(count), frames)
    # More tries go on where fewer end.
    assert with_face(even(count), frames, tries + 7)[: len(chosen)] == chosen
    gaps = np.diff(sorted([-1, *chosen, count]))
    assert gaps.max() <= max(4 * count / len(chosen), 1)


def test_candidates_for_faces_are_ranked(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path, changed(sampling={"policy": "with_face", "frames": 2, "tries": 6}))
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == sorted(row["frame"] for row in rows)
    assert [row["position"] for row in rows] == list(range(6))
    assert [row["frame"] for row in sorted(rows, key=lambda row: row["rank"])] == with_face(even(20), 2, 6)
    assert {row["enough"] for row in rows} == {2}
    assert [number_of(image) for image in load_frames(out, rows)] == [row["frame"] for row in rows]
