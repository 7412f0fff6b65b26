"""The shortcut probe: it finds a planted shortcut, names its columns, and finds nothing where there is none."""

import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from split_tables import Row, Stage, row, swaps, table

from unmask.split.probe import KINDS, probe

LIMIT = 0.75
UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(KINDS),
    "columns": dict.fromkeys(KINDS["all"]),
    "warns": False,
    "carried_by": [],
}


def filmed(people: int, shortcut: bool = False) -> list[Row]:
    """People filmed by many cameras; a planted shortcut takes one frame per second from every fake."""
    rng = np.random.default_rng(3)
    rows = swaps(people)
    for one in rows:
        fps = float(rng.choice([24, 26, 30]))
        fps -= 1 if shortcut and one["label"] else 0
        seconds = float(rng.uniform(4, 20))
        one |= {"fps": fps, "seconds": seconds, "frames": int(fps * seconds), "bit_rate": float(rng.lognormal(13, 0.5))}
    return rows


def seen(rows: Sequence[Row], **fakes: float) -> pd.DataFrame:
    """Videos with measures of their crops, which for fakes are shifted by so many standard deviations."""
    rng = np.random.default_rng(4)
    videos = table(rows)
    for name in KINDS["face"]:
        videos[name] = 10 + rng.standard_normal(len(videos)) + fakes.get(name, 0.0) * videos["label"]
    return videos


def of(videos: pd.DataFrame, seed: int = 1) -> dict[str, Any]:
    return probe(videos, seed, LIMIT)["a"]


def test_one_frame_less_per_second_is_found_and_named() -> None:
    found = of(seen(filmed(120, shortcut=True)))
    assert found["all"] > 0.9
    assert found["file"] > 0.9
    assert found["warns"]
    assert found["carried_by"] == ["fps"]
    assert found["columns"]["fps"] > 0.9
    assert abs(found["face"] - 0.5) < 0.1


def test_one_rate_for_all_makes_length_follow() -> None:
    rows = swaps(120)
    for one in rows:
        fps = 24.0 if one["label"] else 25.0
        one |= {"fps": fps, "frames": int(4 * fps), "bit_rate": 80_000 * fps}
    assert of(seen(rows))["carried_by"] == ["fps", "frames", "bit_rate"]


def test_a_clean_corpus_stays_below_the_limit() -> None:
    rows = filmed(200)
    found = of(seen(rows))
    assert not found["warns"]
    assert found["carried_by"] == []
    assert all(abs(found[kind] - 0.5) < 0.1 for kind in KINDS)
    assert all(abs(value - 0.5) < 0.12 for value in found["columns"].values())
    # An honest classifier of another kind sees the same.
    videos = seen(rows)
    values = np.log(videos[["fps", "seconds", "bit_rate"]].to_numpy())
    half = np.arange(len(videos)) < len(videos) // 2
    model = LogisticRegression().fit(values[half], videos["label"][half])
    honest = roc_auc_score(videos["label"][~half], model.decision_function(values[~half]))
    assert abs(honest - found["file"]) < 0.15


def test_order_of_rows_does_not_matter() -> None:
    videos = seen(filmed(60, shortcut=True))
    shuffled = videos.sample(frac=1, random_state=0)
    assert of(videos) == of(shuffled)
    assert of(videos, 2) != of(videos)


@pytest.mark.parametrize(("value", "name"), [("hevc", "codec"), (352, "width"), (1.0, "bit_rate")])
def test_any_column_of_the_file_may_carry_it(value: object, name: str) -> None:
    rows = filmed(100)
    for one in rows:
        one |= {name: value} if one["label"] else {}
    found = of(seen(rows))
    assert found["carried_by"] == [name]
    assert found["columns"][name] == pytest.approx(1)


def test_blurred_fakes_are_of_the_face_and_warn_of_all_columns() -> None:
    found = of(seen(filmed(200), sharpness=-3.0))
    assert found["face"] > 0.9
    assert found["all"] > LIMIT
    assert found["file"] < LIMIT
    assert found["warns"]
    assert found["carried_by"] == ["sharpness"]


def test_two_columns_that_carry_it_only_together_are_found_but_not_named() -> None:
    rng = np.random.default_rng(0)
    rows = filmed(160)
    for one in rows:
        wide, tall = rng.integers(0, 2, 2)
        tall = wide ^ one["label"] if rng.random() < 0.98 else tall
        one |= {"width": 640 + 80 * int(wide), "height": 480 + 80 * int(tall)}
    found = of(seen(rows))
    assert found["file"] > 0.85
    assert found["warns"]
    assert found["carried_by"] == []


def test_unknown_values_are_no_obstacle() -> None:
    videos = seen(filmed(100))
    some = np.random.default_rng(0).random((2, len(videos))) < 0.4
    videos.loc[some[0], list(KINDS["face"])] = np.nan
    videos.loc[some[1], ["fps", "seconds", "bit_rate"]] = 0.0
    videos.loc[some[1], "codec"] = ""
    assert not of(videos)["warns"]
    # Faces without a rate and without any crop.
    videos[list(KINDS["face"])] = np.nan
    assert of(videos)["face"] == 0.5


def test_an_auc_far_below_a_half_is_noise_and_no_warning() -> None:
    # Each person's fakes are like another person's reals: what is learned on some is wrong on the others.
    rows = swaps(20)
    for one in rows:
        number = int(one["cluster"].partition(":")[2])
        one["fps"] = float(number + (0 if one["label"] else 1))
    found = of(seen(rows))
    assert found["columns"]["fps"] < 0.5
    assert not found["warns"]


def test_nothing_is_said_where_it_cannot_be_told() -> None:
    one_class = [one for one in filmed(40, shortcut=True) if one["label"] == 1]
    assert of(seen(one_class)) == UNKNOWN
    assert of(seen(filmed(2, shortcut=True))) == UNKNOWN
    broken = [{**one, "status": "unreadable"} for one in filmed(40, shortcut=True)]
    assert of(seen(broken)) == UNKNOWN


def test_one_giant_component_is_folded_by_cluster() -> None:
    rows = filmed(60, shortcut=True)
    names = sorted({name for one in rows for name in one["identities"]})
    rows += [row(f"x/{a}_{b}", 1, [a, b], fps=23.0) for a, b in itertools.pairwise(names)]
    assert of(seen(rows))["all"] > 0.9


def test_no_person_is_in_two_folds() -> None:
    # Every person has a camera of its own, and is real or fake throughout: only who was seen before could be known.
    rng = np.random.default_rng(0)
    rows = []
    for person in range(60):
        rate = float(rng.uniform(20, 60))
        rows += [row(f"v{person}_{take}", person % 2, [f"{person}"], fps=rate) for take in range(5)]
    assert of(seen(rows))["columns"]["fps"] < 0.65


# Through the step -----------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


def official(shortcut: bool) -> list[Row]:
    rows = filmed(80, shortcut)
    for one in rows:
        couple = int(one["cluster"].partition(":")[2]) // 2
        one["split"] = "train" if couple < 28 else "val" if couple < 34 else "test"
    return rows


def test_the_step_warns_of_a_shortcut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = Stage(tmp_path, official(shortcut=True)).run(shortcut=LIMIT)
    assert found["probe"]["a"]["warns"]
    told = capsys.readouterr().err
    assert re.search(r"warning: a: metadata alone tells fake from real with AUC (0\.9\d|1\.00) \(", told)
    assert re.search(r"carried by fps (0\.9\d|1\.00);", told)
    assert "the file and not the face" in told
    assert "\N{ESCAPE}" not in told


def test_the_warning_is_red_where_a_person_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    Stage(tmp_path, official(shortcut=True)).run(shortcut=LIMIT)
    assert terminal.getvalue().startswith("\N{ESCAPE}[31mwarning: a: metadata alone")
    assert terminal.getvalue().endswith("\N{ESCAPE}[0m\n")


def test_no_warning_below_the_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not Stage(tmp_path, official(shortcut=False)).run(shortcut=LIMIT)["probe"]["a"]["warns"]
    assert "metadata" not in capsys.readouterr().err
