"""The contact sheet: what stands in its rows is what the operations do at the ends of their ranges."""

from functools import partial
from pathlib import Path

import numpy as np
from augment.operations import OPERATIONS, face, settings_of

from unmask.augment.part import Augment
from unmask.augment.sheet import MARGIN, SIDE_BY_SIDE, SPACE, choose, ends, sheet, write
from unmask.crop.reading import decode
from unmask.train.data import crop_of, read_manifest

CROPS = {f"toy/{number}": np.roll(face(96, 96), 9 * number, 1) for number in range(SIDE_BY_SIDE)}
STEP = 96 + SPACE


def cell(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """Cut out one picture; columns from 4 are behind the gap."""
    left = MARGIN + SPACE + STEP * column + 3 * SPACE * (column >= SIDE_BY_SIDE)
    return picture[STEP * row : STEP * row + 96, left : left + 96]


def test_rows_show_both_ends_alone_and_then_the_policy() -> None:
    operations = {"flip": settings_of("flip", p=0), "gamma": settings_of("gamma", p=0.5, gamma=[0.5, 2])}
    picture = sheet(operations, CROPS, seed=1)
    assert picture.shape == (STEP * 6, MARGIN + SPACE + STEP * 8 + 6 * SPACE, 3)
    for column, crop in enumerate(CROPS.values()):
        assert np.array_equal(cell(picture, 0, column), crop)
        assert np.array_equal(cell(picture, 1, column), crop[:, ::-1])
        for end, side in [(0.5, 0), (2, SIDE_BY_SIDE)]:
            wanted = np.rint(255 * (crop / 255) ** end)
            assert np.array_equal(cell(picture, 2, column + side), wanted)
    # There is nothing on the right where both ends are the same, and text on the left of what is drawn.
    assert (cell(picture, 1, 5) == 255).all()
    assert (picture[:, :MARGIN] < 100).any()
    drawn = [cell(picture, row, column) for row in (3, 4, 5) for column in range(8)]
    plain = [np.array_equal(one, crop) for one, crop in zip(drawn, list(CROPS.values()) * 6, strict=True)]
    assert 3 < sum(plain) < 21  # gamma came up about half the time, flip never


def test_ends_are_certain_and_their_ranges_points() -> None:
    found = {name: (low, high) for name, low, high in ends({name: settings_of(name) for name in OPERATIONS})}
    assert set(found) == {*OPERATIONS, "one_of sharpen", "one_of noise"} - {"one_of"}
    low, high = found["jpeg"]
    assert low == settings_of("jpeg", quality=[30, 30], subsampling=[420])
    assert high == settings_of("jpeg", quality=[60, 60], subsampling=[444])
    assert found["one_of noise"][0] == settings_of("noise", sigma=[3, 3])
    assert found["grey"] == (settings_of("grey"), None)


def test_every_operation_can_be_shown_and_large_crops_are_made_smaller() -> None:
    operations = {name: settings_of(name) for name in OPERATIONS}
    picture = sheet(operations, {"toy/a": face(200, 200)}, seed=1)
    assert picture.shape[1] < MARGIN + 300
    assert np.array_equal(picture, sheet(operations, {"toy/a": face(200, 200)}, seed=1))


def test_files_bear_the_names_of_policies_and_show_crops_of_their_corpus(toy: Path) -> None:
    table = read_manifest(toy / "train.parquet")
    part = Augment(
        policies={"strong": {"flip": settings_of("flip")}, "weak": {}}, default="strong", corpora={"toy": "weak"}
    )
    write(part, 1, table, partial(crop_of, toy / "shards"), toy / "policies")
    assert sorted(path.name for path in (toy / "policies").iterdir()) == ["strong.png", "weak.png"]
    shown = decode((toy / "policies" / "weak.png").read_bytes())
    rows = choose(table, {"toy"})
    assert len({row["video"] for row in rows}) == SIDE_BY_SIDE
    assert [row["frame"] for row in rows] == [0] * SIDE_BY_SIDE
    first = crop_of(toy / "shards", rows[0])
    assert np.array_equal(shown[:40, MARGIN + SPACE : MARGIN + SPACE + 40], first)
