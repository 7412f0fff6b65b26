"""Sampling, by counting: who is seen in an epoch, and who comes around over epochs."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from toy_faces import write_recipe
from train.epochs import drawn, rows, seen

from unmask.errors import DataError, ParamsError
from unmask.train.drawing import dealt
from unmask.train.recipe import load


def test_per_video_takes_some_of_every_video_and_forgets_nothing() -> None:
    given = rows({"a": 5, "b": 2, "c": 5})
    epochs = [drawn(given, {"name": "per_video", "crops": 3}, number) for number in range(1, 13)]
    for chosen in epochs:
        assert len(chosen) == len(set(chosen)) == 8
        assert Counter(given.video[row] for row in chosen) == {"a": 3, "b": 2, "c": 3}
    assert {row for chosen in epochs for row in chosen} == set(range(12))
    assert epochs[0] != epochs[1]
    assert drawn(given, {"name": "per_video", "crops": 3}, 1) == epochs[0]
    assert sorted(drawn(given, {"name": "per_video", "crops": "all"}, 1)) == list(range(12))


def test_per_video_draws_what_it_always_drew() -> None:
    # Another order would change the bytes of every model trained so far.
    given = rows({"a": 5, "b": 2, "c": 5})
    assert drawn(given, {"name": "per_video", "crops": 3}, 1) == [11, 2, 6, 3, 5, 0, 10, 9]


@pytest.mark.parametrize("name", ["per_video", "balanced"])
def test_added_video_does_not_change_which_crops_the_others_show(name: str) -> None:
    few, more = {"a": 6, "f1": 6, "f2": 6}, {"a": 6, "f1": 6, "f2": 6, "f3": 6}
    one, other = (drawn(rows(videos), {"name": name, "crops": 2}, 1) for videos in (few, more))
    if name == "per_video":
        assert set(one) == {row for row in other if row < 18}
    else:
        assert {row for row in one if row < 6} == {row for row in other if row < 6}


@pytest.mark.parametrize("crops", [2, "all"])
def test_balanced_sees_every_real_in_each_epoch_and_all_fakes_in_turns(crops: int | str) -> None:
    given = rows({"a": 4, "b": 4, "c": 3} | {f"f{i:02d}": 4 for i in range(14)})
    settings, reals = {"name": "balanced", "crops": crops}, 6 if crops == 2 else 11
    fakes: Counter[int] = Counter()
    for number in range(1, 1 + -(-56 // reals)):
        chosen = drawn(given, settings, number)
        assert len(chosen) == 4 * -(-reals // 2)  # the last batch is filled up
        of_real, of_fake = ({row for row in chosen if (row >= 11) == kind} for kind in (False, True))
        assert len(of_real) == len(of_fake) == reals
        assert set(seen(given, chosen, 0)) == {"a", "b", "c"}
        assert all(sum(row < 11 for row in chosen[start : start + 4]) == 2 for start in range(0, len(chosen), 4))
        fakes.update(of_fake)
    assert set(fakes) == set(range(11, 67))
    assert set(fakes.values()) <= {1, 2}


def test_balanced_balances_every_corpus_by_itself() -> None:
    given = rows(
        {"ff/a": 4, "ff/b": 4, "cd/a": 4} | {f"ff/f{i}": 4 for i in range(3)} | {f"cd/f{i}": 4 for i in range(9)}
    )
    chosen = drawn(given, {"name": "balanced", "crops": "all"}, 1)
    counts = Counter((given.video[row][:2], int(given.label[row])) for row in chosen)
    assert counts == {("ff", 0): 8, ("ff", 1): 8, ("cd", 0): 4, ("cd", 1): 4}


def test_balanced_takes_all_together_where_a_corpus_has_one_class() -> None:
    given = rows({"ff/a": 4, "cd/a": 4, "cd/f": 4, "df/f": 4})
    fakes: Counter[str] = Counter()
    for number in range(1, 6):
        chosen = drawn(given, {"name": "balanced", "crops": "all"}, number)
        assert seen(given, chosen, 0) == {"ff/a": 4, "cd/a": 4}
        fakes.update(seen(given, chosen, 1))
    assert set(fakes) == {"cd/f", "df/f"}


def test_balanced_repeats_fakes_evenly_where_they_are_fewer() -> None:
    given = rows({"a": 10, "b": 10, "f": 6})
    counts = seen(given, drawn(given, {"name": "balanced", "crops": "all"}, 1), 1)
    assert counts == {"f": 20}
    of_fake = Counter(row for row in drawn(given, {"name": "balanced", "crops": "all"}, 1) if row >= 20)
    assert sorted(of_fake.values()) == [3, 3, 3, 3, 4, 4]


def test_hands_of_one_deck_hold_every_card() -> None:
    rng = np.random.default_rng(0)
    decks = [rng.permutation(10) for _ in range(4)]
    hands = [dealt(10, 4, turn, decks.__getitem__) for turn in range(6)]
    assert all(len(set(hand.tolist())) == 4 for hand in hands)
    assert set(np.concatenate(hands[:3]).tolist()) == set(np.concatenate(hands[3:]).tolist()) == set(range(10))


def test_pairs_stand_in_one_batch_and_show_the_same_moment() -> None:
    made = {f"f{real}{method}": real for real in "abc" for method in "012"}
    given = rows({"a": 5, "b": 5, "c": 5} | dict.fromkeys(made, 5), made)
    partners: Counter[str] = Counter()
    for number in range(1, 4):
        chosen = drawn(given, {"name": "pairs", "crops": 1}, number, batch=4)
        assert len(chosen) == 8  # three pairs, and one more to fill the last batch
        for real, fake in zip(chosen[::2], chosen[1::2], strict=True):
            assert made[given.video[fake]] == given.video[real]
            assert given.frame[fake] == given.frame[real]
        assert set(seen(given, chosen, 0)) == {"a", "b", "c"}
        partners.update(seen(given, chosen, 1))
    assert set(partners) == set(made), "every fake of a real video must come around"


def test_pairs_are_found_by_a_shared_token_and_by_the_nearest_frame() -> None:
    given = rows({"a": 6, "f": 2}, {"a": "token", "f": "token"})
    chosen = drawn(given, {"name": "pairs", "crops": "all"}, 1, batch=2)
    assert {(given.frame[r], given.frame[f]) for r, f in zip(chosen[::2], chosen[1::2], strict=True)} == {
        (0, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1),
    }  # fmt: skip


def test_pairs_leave_no_real_out_and_no_fake_whose_real_is_elsewhere() -> None:
    given = rows({"a": 4, "b": 4, "f1": 4, "f2": 4}, {"f1": "a", "f2": "in another split"})
    for number in (1, 2):
        chosen = drawn(given, {"name": "pairs", "crops": 2}, number, batch=2)
        beside = {(given.video[r], given.video[f]) for r, f in zip(chosen[::2], chosen[1::2], strict=True)}
        assert beside == {("a", "f1"), ("b", "f2")}


def test_pairs_without_any_link_are_one_error() -> None:
    with pytest.raises(DataError, match=r"no fake's `pair` is a real video of it, as `pairs` needs; take `balanced`"):
        drawn(rows({"a": 4, "f": 4}), {"name": "pairs", "crops": 1}, 1)


def test_sequences_and_odd_batches_are_refused_before_training(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    for further in ({"length": 8}, {"length": "all"}, {}):
        with pytest.raises(ParamsError, match=r"line \d+: `train.sampling`: `sequence` gives sequences, but the net"):
            load(write_recipe(path, train__sampling={"name": "sequence", **further}))
    with pytest.raises(ParamsError, match=r"`batch` must be even \(given: 7\), for `pairs` fills it by halves"):
        load(write_recipe(path, train__sampling={"name": "pairs", "crops": 1}, train__batch=7))
    with pytest.raises(ParamsError, match=r"`train.sampling.name` must be one of balanced, pairs, per_video, sequence"):
        load(write_recipe(path, train__sampling={"name": "some"}))
    with pytest.raises(ParamsError, match=r"`train.sampling` must be a mapping with `name` \(balanced, pairs"):
        load(write_recipe(path, train__sampling="pairs"))


def test_a_real_video_without_a_fake_stands_beside_fakes_of_its_corpus() -> None:
    given = rows(dict.fromkeys(("a/r1", "a/r2", "a/f1", "b/r1", "b/f1", "c/f9"), 1), {"a/f1": "a/r1"})
    for epoch in range(1, 6):
        chosen = drawn(given, {"name": "pairs", "crops": 1}, epoch, batch=6)
        pairs = {given.video[r]: given.video[f] for r, f in zip(chosen[::2], chosen[1::2], strict=True)}
        assert pairs == {"a/r1": "a/f1", "a/r2": "a/f1", "b/r1": "b/f1"}
