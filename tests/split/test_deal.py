"""Dealing: no identity crosses, order does not matter, and new identities move no old video."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_tables import EVEN, SHARES, Row, assigned, corpora, protocol_of, row, swaps, table

from unmask.errors import DataError
from unmask.split.deal import draw
from unmask.split.tables import SPLITS
from unmask.split.ties import graph

# Enough couples that any seed gives every split both classes.
CROWD = swaps(120)
# With this seed, none of six couples is tested.
SPOILT = 3


def dealt(rows: Sequence[Row], **changes: Any) -> dict[str, str]:
    """Splits of a corpus beside a crowd that makes every seed work."""
    found = assigned([*CROWD, *rows], **changes)
    return {one["video"]: found[one["video"]] for one in rows}


@settings(max_examples=6, deadline=None)
@given(corpora(prefix="p"), st.integers(0, 1000))
def test_no_identity_crosses_and_only_fakes_between_splits_are_lost(rows: list[Row], seed: int) -> None:
    where = dealt(rows, seed=seed)
    homes: dict[str, set[str]] = {}
    for one in rows:
        for identity in one["identities"]:
            homes.setdefault(identity, set()).add(where[one["video"]])
    assert all(len(places - {"-straddling"}) == 1 for places in homes.values())
    person = {identity: (places - {"-straddling"}).pop() for identity, places in homes.items()}
    for one in rows:
        together = len({person[identity] for identity in one["identities"]}) == 1
        assert (where[one["video"]] != "-straddling") == together


@settings(max_examples=6, deadline=None)
@given(corpora(prefix="p"), st.randoms(use_true_random=False), st.integers(0, 1000))
def test_order_of_the_input_does_not_matter(rows: list[Row], random: Any, seed: int) -> None:
    shuffled = random.sample(rows, len(rows))
    assert dealt(shuffled, seed=seed) == dealt(rows, seed=seed)


@settings(max_examples=6, deadline=None)
@given(corpora(prefix="p"), corpora(prefix="q"), corpora(prefix="!", giant=False))
def test_videos_of_new_identities_move_no_old_video(old: list[Row], new: list[Row], first: list[Row]) -> None:
    # `!…` comes before all old names, `q…` after them.
    before = dealt(old)
    after = dealt([*old, *new, *first])
    assert {video: after[video] for video in before} == before


def test_small_components_stay_whole_and_later_names_do_not_move_them() -> None:
    rows = swaps(60)
    before = assigned(rows)
    assert set(before.values()) == set(SPLITS)
    # Fakes of old people with new ones, whose names come later.
    late = [row(f"late/{n}", 1, [f"{n:03d}", f"x{n}"], pair=f"a/real/{n:03d}") for n in range(0, 60, 2)]
    after = assigned([*rows, *late])
    assert {video: after[video] for video in before} == before
    assert all(after[one["video"]] == before[one["pair"]] for one in late)


def test_videos_that_hold_groups_together_are_named() -> None:
    rows = swaps(120)
    tied = protocol_of(rows).dealing["tied"]
    names = {f"a:{n:03d}": draws(1, [f"a:{n:03d}"], EVEN)[0] for n in range(120)}
    expected = sorted(one["video"] for one in rows if len({names[name] for name in one["identities"]}) > 1)
    assert tied == {"videos": len(expected), "first": expected[:5]}
    assert len(expected) > 20
    # A new video that ties two old groups shows up too, and both are where the first name is.
    before = assigned(rows)
    decides = next(f"{n:03d}" for n in range(0, 120, 2) if before[f"a/real/{n:03d}"] == "train")
    moved = next(f"{n:03d}" for n in range(0, 120, 2) if n > int(decides) and before[f"a/real/{n:03d}"] == "test")
    found = protocol_of([*rows, row("!new", 1, [decides, moved])])
    assert found.dealing["tied"]["first"][0] == "a/!new"
    assert found.split[f"a/real/{moved}"] == found.split["a/!new"] == "train"


def celeb_df() -> list[Row]:
    """Celeb-DF v2 in its size: 59 people in two crowds, 590 reals, 300 of other people, 5,639 fakes of 900 couples."""
    rng = np.random.default_rng(5)
    crowd = rng.choice(2, 59, p=[0.57, 0.43])
    rows = [row(f"real/id{n:02d}_{k}", 0, [f"id{n:02d}"]) for n in range(59) for k in range(10)]
    rows += [row(f"youtube/{n:03d}", 0, [f"youtube-{n:03d}"]) for n in range(300)]
    couples = [(i, j) for i in range(59) for j in range(59) if i != j and crowd[i] == crowd[j]]
    couples = [couples[n] for n in sorted(rng.choice(len(couples), 898, replace=False))]
    couples += [(int(np.flatnonzero(crowd == 0)[n]), int(np.flatnonzero(crowd == 1)[n])) for n in range(2)]
    for k in range(5639):
        i, j = couples[k % len(couples)]
        clip = k // len(couples)
        pair = f"a/real/id{i:02d}_{clip}"
        rows.append(row(f"fake/id{i:02d}_id{j:02d}_{clip}", 1, [f"id{i:02d}", f"id{j:02d}"], pair=pair,
                        cluster=f"id{i:02d}"))  # fmt: skip
    return rows


def fake_av_celeb() -> list[Row]:
    """FakeAVCeleb in a quarter of its size: stars of fakes around 500 sources, ten groups of people, all connected."""
    rng = np.random.default_rng(6)
    rows = [row(f"real/{n:03d}", 0, [f"{n:03d}"]) for n in range(500)]
    methods = ("faceswap", "fsgan", "wav2lip", "faceswap-wav2lip", "fsgan-wav2lip")
    for n, k in itertools.product(range(500), range(10)):
        group = rng.integers(10) if k == 0 else n % 10
        people = {n, *(rng.integers(0, 50, 1 + k % 2) * 10 + group).tolist()}
        names = [f"{n:03d}", *sorted(f"{person:03d}" for person in people - {n})]
        rows.append(row(f"fake/{n:03d}_{k}", 1, names, pair=f"a/real/{n:03d}", method=methods[k % 5]))
    return rows


@pytest.mark.parametrize(("rows", "most_lost"), [(celeb_df(), 0.30), (fake_av_celeb(), 0.15)], ids=["celeb", "fakeav"])
def test_giant_component_gives_three_usable_splits(rows: list[Row], most_lost: float) -> None:
    giant = int(graph(table(rows)).people.max())
    assert giant in (59, 500)
    found = protocol_of(rows)
    counts = Counter((found.split[one["video"]], one["label"], one["method"]) for one in rows)
    reals = sum(one["label"] == 0 for one in rows)
    for name, share in SHARES.items():
        assert abs(counts[name, 0, ""] / reals - share) < 0.06
        for method in {one["method"] for one in rows if one["label"]}:
            assert counts[name, 1, method] >= 60
    # People dealt by chance would lose 1 - sum of squared shares = 46.5 % of the fakes.
    assert counts["", 0, ""] == 0
    fakes = len(rows) - reals
    lost = sum(count for (name, _, _), count in counts.items() if name == "")
    assert lost / fakes < most_lost
    assert [entry["lost"] for entry in found.dealing["cut"].values()] == [lost]


def test_what_ties_videos() -> None:
    same = "f" * 64
    cases = {
        "identity": [row("x", 0, ["p"]), row("y", 1, ["p"], cluster="c")],
        "cluster": [row("x", 0, ["p"], cluster="c"), row("y", 1, ["q"], cluster="c")],
        "cluster that is a person": [row("x", 0, ["p"]), row("y", 1, ["q"], cluster="p")],
        "pair by key": [row("x", 0, ["p"]), row("y", 1, ["q"], pair="a/x")],
        "pair by token": [row("x", 0, ["p"], pair="a/t"), row("y", 1, ["q"], pair="a/t")],
        "equal bytes": [row("x", 0, ["p"], sha256=same), row("y", 1, ["q"], sha256=same)],
        "a copy in another corpus": [row("x", 0, ["p"], sha256=same), row("y", 1, ["q"], "b", sha256=same)],
        "a source": [row("x", 0, ["p"], sources=["s:1"]), row("y", 1, ["q"], sources=["s:1"])],
        "an identity of another corpus": [row("x", 0, ["p"]), row("y", 1, ["a:p"], "b")],
        "two people": [row("x", 0, ["p"]), row("y", 1, ["q"]), row("z", 1, ["p", "q"], cluster="c")],
    }
    for name, rows in cases.items():
        assert len(graph(table(rows)).names) == 1, name
    apart = {
        "nothing": [row("x", 0, ["p"]), row("y", 1, ["q"])],
        "equal names in two corpora": [row("x", 0, ["p"]), row("y", 1, ["p"], "b")],
        "empty files": [row("x", 0, ["p"], sha256=same, status="unreadable"), row("y", 1, ["q"], sha256=same)],
        "no identities": [{**row("x", 0, ["p"]), "identities": []}, {**row("y", 1, ["q"]), "identities": []}],
        "nothing known": [{**row(name, 0, ["p"]), "identities": [], "cluster": ""} for name in "xy"],
    }
    for name, rows in apart.items():
        assert len(graph(table(rows)).names) == 2, name
    found = graph(table(cases["two people"]))
    assert found.names == ["a:p"]
    assert found.people.tolist() == [2]


def test_firm_ties_are_never_cut() -> None:
    # Twenty people in a ring; each has ten real clips, and the fakes of one clip share its pair.
    rows = [row(f"r{n:02d}/{k}", 0, [f"{n:02d}"]) for n in range(20) for k in range(10)]
    rows += [
        row(f"f{n:02d}/{k}", 1, [f"{n:02d}", f"{(n + 1) % 20:02d}"], cluster=f"{n:02d}", pair=f"a/r{n:02d}/{k}")
        for n in range(20)
        for k in range(10)
    ]
    where = assigned(rows)
    homes = {one["identities"][0]: where[one["video"]] for one in rows if one["label"] == 0}
    assert set(homes.values()) == set(SPLITS)
    assert all(where[one["video"]] in (homes[one["cluster"]], "-straddling") for one in rows)
    # Three arcs of a ring: three places to cut, ten fakes at each.
    assert list(where.values()).count("-straddling") == 30


def test_clips_of_one_source_are_never_cut_apart() -> None:
    # Twenty people in a ring: couples by their only source, and ten fakes between one couple and the next.
    rows = [row(f"r{n:02d}", 0, [f"{n:02d}"], sources=[f"s:{n // 2}"]) for n in range(20)]
    rows += [row(f"g{n:02d}", 1, [f"{n:02d}"], pair=f"a/r{n:02d}") for n in range(20)]
    rows += [
        row(f"f{n:02d}/{k}", 1, [f"{n:02d}", f"{(n + 1) % 20:02d}"], cluster=f"{n:02d}", pair=f"a/r{n:02d}")
        for n in range(1, 20, 2)
        for k in range(10)
    ]
    where = assigned(rows)
    assert all(where[f"a/r{n:02d}"] == where[f"a/r{n + 1:02d}"] != "-straddling" for n in range(0, 20, 2))
    assert list(where.values()).count("-straddling") == 30


def draws(seed: int, names: list[str], shares: np.ndarray) -> list[int]:
    found: list[int] = draw(seed, np.array(names), np.tile(shares, (len(names), 1))).tolist()
    return found


def test_draw_follows_the_shares() -> None:
    counts = np.bincount(draws(3, [f"a:{n}" for n in range(20_000)], EVEN), minlength=3)
    assert np.abs(counts / 20_000 - EVEN).max() < 4 * np.sqrt(0.21 / 20_000)
    assert set(draws(3, [f"a:{n}" for n in range(2000)], np.array([0.8, 0.2, 0.0]))) == {0, 1}


def test_seeds_are_tried_for_some_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unmask.split.protocol.MOST_PLACED", 150)
    # Nobody but fakes of one person is dealt: no seed gives every split a real.
    rows = swaps(2)
    with pytest.raises(DataError, match=r"None of the next 25 seeds does better"):
        assigned(rows)
    monkeypatch.setattr("unmask.split.protocol.MOST_PLACED", 1)
    with pytest.raises(DataError, match=r"None of the next 1 seeds does better"):
        assigned(rows)


def test_error_names_a_seed_that_works() -> None:
    rows = swaps(12)
    with pytest.raises(DataError, match=r"leaves `test` without any real video of a") as error:
        assigned(rows, seed=SPOILT)
    better = int(str(error.value).split("`split.seed: ")[2].split("`")[0])
    assert set(assigned(rows, seed=better).values()) == set(SPLITS)
    # And stays good when people are added.
    assert set(assigned([*rows, *swaps(400)[36:]], seed=better).values()) == set(SPLITS)


def test_one_group_that_cannot_be_dealt_is_an_error() -> None:
    with pytest.raises(DataError, match=r"1 groups .* None of the next .* lower `split.whole`"):
        assigned(swaps(2))
