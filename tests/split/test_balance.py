"""Balance: classes and methods weigh the same, and pairs stay together."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from split_tables import Stage, official_ffpp, row, table

from unmask.errors import DataError
from unmask.split.balance import balance


def unbalanced() -> pd.DataFrame:
    rows = [row(f"r{n}", 0, [f"{n}"]) for n in range(30)]
    rows += [row(f"f{n}", 1, [f"{n}"], method="many", pair=f"a/r{n}") for n in range(30)]
    rows += [row(f"g{n}", 1, [f"{n}"], method="more", pair=f"a/r{n}") for n in range(30)]
    rows += [row(f"h{n}", 1, [f"{n}"], method="few", pair=f"a/r{n}") for n in range(4)]
    rows += [row(f"s{n}", 1, [f"s{n}"], method="more", pair=f"a/gone{n}") for n in range(20)]
    rows += [row(f"r{n}", 0, [f"{n}"], "b") for n in range(12)]
    rows += [row(f"f{n}", 1, [f"{n}"], "b", pair=f"b/r{n}") for n in range(5)]
    return table(rows)


def test_weights_balance_classes_and_methods() -> None:
    videos = unbalanced()
    weight = balance(videos, "weights", 1)
    assert weight.mean() == pytest.approx(1)
    for corpus in "ab":
        inside = videos["corpus"] == corpus
        sums = weight[inside].groupby(videos["label"]).sum()
        assert sums[0] == pytest.approx(sums[1])
        assert sums.sum() == pytest.approx(inside.sum())
        methods = weight[inside & (videos["label"] == 1)].groupby(videos["method"]).sum()
        assert np.allclose(methods, sums[1] / len(methods))


def test_undersampling_takes_as_many_spreads_methods_and_keeps_pairs() -> None:
    videos = unbalanced()
    weight = balance(videos, "undersample", 1)
    assert set(weight) == {1.0}
    kept = videos.loc[weight.index]
    for _, part in kept.groupby("corpus"):
        assert (part["label"] == 0).sum() == (part["label"] == 1).sum()
    a, b = kept[kept["corpus"] == "a"], kept[kept["corpus"] == "b"]
    assert Counter(a.loc[a["label"] == 1, "method"]) == {"few": 4, "many": 13, "more": 13}
    assert a.loc[a["label"] == 1, "pair"].isin(a["video"]).all()
    # Where reals are too many, those that fakes were made from stay.
    assert set(b.loc[b["label"] == 1, "pair"]) <= set(b["video"])
    assert len(b) == 10
    assert set(balance(videos, "undersample", 2).index) != set(weight.index)
    shuffled = videos.sample(frac=1, random_state=0)
    assert set(balance(shuffled, "undersample", 1).index) == set(weight.index)


def test_undersampling_a_full_design_keeps_one_fake_of_each_real() -> None:
    methods = ("m0", "m1", "m2", "m3")
    rows = [row(f"r{n}", 0, [f"{n}"]) for n in range(40)]
    rows += [row(f"{m}/{n}", 1, [f"{n}"], method=m, pair=f"a/r{n}") for n in range(40) for m in methods]
    videos = table(rows)
    kept = videos.loc[balance(videos, "undersample", 7).index]
    fakes = kept[kept["label"] == 1]
    assert fakes["pair"].is_unique
    assert Counter(fakes["method"]) == dict.fromkeys(methods, 10)


def test_balance_none_changes_nothing() -> None:
    videos = unbalanced()
    assert (balance(videos, "none", 1) == 1).all()
    assert len(balance(videos, "none", 1)) == len(videos)


def test_pairs_keep_reals_and_their_fakes_and_balance_every_pair() -> None:
    videos = unbalanced()
    weight = balance(videos, "pairs", 1)
    kept = videos.loc[weight.index]
    # In `a` all 30 reals have 2 or 3 fakes, the 20 of lost reals go; in `b` 5 of 12 reals have one fake each.
    assert Counter(kept["corpus"]) == {"a": 30 + 64, "b": 10}
    assert not kept["video"].str.startswith("a/s").any()
    for corpus, size, reals in (("a", 94, 30), ("b", 10, 5)):
        inside = kept["corpus"] == corpus
        assert np.allclose(weight[inside & (kept["label"] == 0)], size / (2 * reals))
        assert weight[inside].mean() == pytest.approx(1)
    fakes = kept[kept["label"] == 1]
    of_real = weight[fakes.index].groupby(fakes["pair"]).sum()
    real = kept["label"] == 0
    by_key = dict(zip(kept.loc[real, "video"], weight[real], strict=True))
    assert of_real.to_dict() == pytest.approx(by_key)
    assert weight[kept["video"] == "a/f3"].item() == pytest.approx(94 / 60 / 3)
    assert weight[kept["video"] == "a/f4"].item() == pytest.approx(94 / 60 / 2)
    shuffled = videos.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(balance(shuffled, "pairs", 2).sort_index(), weight)


def test_pairs_by_token_and_by_reals_of_reals() -> None:
    rows = [row(f"r{n}", 0, ["p"], pair="a:take") for n in range(2)]
    rows += [row(f"f{n}", 1, ["p"], pair="a:take") for n in range(3)]
    # Its sound was made anew from `a/r0`: one more real of that group, and so is the fake made from it.
    rows += [row("sound", 0, ["p"], pair="a/r0"), row("g", 1, ["p"], pair="a/sound")]
    rows += [row("alone", 0, ["q"]), row("nobody", 1, ["q"]), row("lost", 1, ["q"], pair="a:other")]
    rows += [row("@b/x", 0, ["s"]), row("h", 1, ["s"], pair="a/@b/x")]
    videos = table(rows)
    kept = videos.assign(weight=balance(videos, "pairs", 1)).dropna(subset="weight").set_index("video")["weight"]
    # Twelve less three: four reals and five fakes; the four fakes of one group share the weight of its three reals.
    assert kept.sum() == pytest.approx(9)
    reals = ["a/r0", "a/r1", "a/sound", "a/@b/x"]
    assert kept[reals].tolist() == pytest.approx([9 / 8] * 4)
    assert kept[["a/f0", "a/f1", "a/f2", "a/g"]].tolist() == pytest.approx([9 / 8 * 3 / 4] * 4)
    assert kept["a/h"] == pytest.approx(9 / 8)


def test_pairs_without_any_pair_are_an_error() -> None:
    rows = [row("r", 0, ["p"]), row("f", 1, ["p"], pair="a/r"), row("r", 0, ["p"], "b"), row("f", 1, ["p"], "b")]
    with pytest.raises(DataError, match=r"train of b has no fake with a face whose real has one too; choose another"):
        balance(table(rows), "pairs", 1)


def test_unpaired_videos_are_counted_under_their_own_reason(tmp_path: Path) -> None:
    rows = official_ffpp()
    train = [one for one in rows if one["split"] == "train"]
    faceless = next(one["video"] for one in train if one["label"] == 0)
    alone = [row(f"alone/{n}", n % 2, [f"alone{n}"], split="train") for n in range(3)]
    stage = Stage(tmp_path, [*rows, *alone], [faceless])
    found = stage.run(balance="pairs")
    orphans = [one["video"] for one in train if one["pair"] == faceless]
    assert found["left_out"]["unpaired"]["videos"] == len(orphans) + 3
    assert found["left_out"]["no_face"] == {"videos": 1, "first": [faceless]}
    assert set(found["left_out"]["unpaired"]["first"]) <= {*orphans, *(one["video"] for one in alone)}
    assert "undersampled" not in found["left_out"]
    weights = stage.manifest("train").drop_duplicates("video").set_index("video")["weight"]
    assert set(weights.index) == {one["video"] for one in train} - {faceless, *orphans}
    # Each real has two fakes.
    reals = weights.index.str.startswith("a/real/")
    assert np.allclose(weights[reals], 1.5)
    assert np.allclose(weights[~reals], 0.75)
    # The other splits are not balanced.
    assert (stage.manifest("test")["weight"] == 1).all()
