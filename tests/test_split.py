"""Split: identities stay together, old videos stay where they are, and the audit finds every planted leak."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import RootModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from unmask.crop.tables import CROPS
from unmask.errors import DataError, LeakError, ParamsError
from unmask.hashing import bytes_sha256
from unmask.index.tables import VIDEOS
from unmask.params import parse
from unmask.split.audit import audit
from unmask.split.balance import balance
from unmask.split.cut import Videos, cost, cut
from unmask.split.deal import Dealer, draw
from unmask.split.params import Params
from unmask.split.probe import probe
from unmask.split.protocol import assign, settle
from unmask.split.step import split
from unmask.split.tables import MANIFEST, SPLITS
from unmask.split.ties import graph

Row = dict[str, Any]
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
EVEN = np.array([0.7, 0.15, 0.15])


def params(**changes: Any) -> Params:
    values = {"seed": 1, "train_on": ["a"], "shares": SHARES, "whole": 10, "balance": "none", **changes}
    return parse(Params, values, Path("params.yaml"), ("split",))


def row(name: str, label: int, identities: Sequence[str], corpus: str = "a", **changes: Any) -> Row:
    """One video; its cluster is its first identity and its bytes are its own, unless told otherwise."""
    key = f"{corpus}/{name}"
    return {
        "video": key, "corpus": corpus, "path": f"{name}.mp4", "label": label, "method": "swap" if label else "",
        "compression": "", "identities": sorted(identities), "cluster": identities[0], "pair": None, "split": None,
        "sha256": bytes_sha256(key.encode()), "bytes": 1000, "status": "ok", "reason": "", "width": 640, "height": 480,
        "rotation": 0, "fps": 25.0, "frames": 100, "seconds": 4.0, "codec": "h264", "pixel_format": "yuv420p",
        "bit_rate": 2000.0, **changes,
    }  # fmt: skip


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as `split` reads them."""
    found: pd.DataFrame = pa.Table.from_pylist(list(rows), schema=VIDEOS.schema).to_pandas()
    return found


def swaps(people: int, corpus: str = "a", **changes: Any) -> list[Row]:
    """People in couples: one real each, and both ways of swapping; like FF++, made of components of two."""
    rows = []
    for left in range(0, people, 2):
        for one, other in ((left, left + 1), (left + 1, left)):
            real = f"real/{one:03d}"
            rows.append(row(real, 0, [f"{one:03d}"], corpus, **changes))
            rows += [
                row(f"{method}/{one:03d}_{other:03d}", 1, [f"{one:03d}", f"{other:03d}"], corpus, method=method,
                    cluster=f"{one:03d}", pair=f"{corpus}/{real}", **changes)
                for method in ("deep", "neural")
            ]  # fmt: skip
    return rows


def crops_of(rows: Sequence[Row], faceless: Sequence[str] = (), each: int = 2) -> list[Row]:
    """Crops of videos: `each` of them, or rows that say `no_face`."""
    made = []
    for one in rows:
        for frame in range(each):
            seen = one["video"] not in faceless
            made.append({
                "video": one["video"], "frame": frame, "face": 0 if seen else -1, "status": "ok" if seen else "no_face",
                "track": 0 if seen else -1, "score": 1.0, "eye_distance": 60.0, "shard": "0.tar" if seen else "",
                "offset": 512 * frame, "size": 100, "sha256": bytes_sha256(f"{one['video']}{frame}".encode()),
            })  # fmt: skip
    return made


class Stage:
    """A folder in which the step runs."""

    def __init__(self, folder: Path, rows: Sequence[Row], faceless: Sequence[str] = ()) -> None:
        self.folder = folder
        self.corpora = sorted({one["corpus"] for one in rows})
        for name in self.corpora:
            part = [one for one in rows if one["corpus"] == name]
            VIDEOS.write(part, folder / "videos" / name)
            CROPS.write(crops_of(part, faceless), folder / "crops" / name)

    def run(self, **changes: Any) -> dict[str, Any]:
        train, val, test = (self.folder / f"{name}.parquet" for name in SPLITS)
        corpora = RootModel[dict[str, Any]](dict.fromkeys(self.corpora))
        videos, crops, metrics = (self.folder / name for name in ("videos", "crops", "out/split.json"))
        split(videos, crops, train, val, test, metrics, corpora, params(**changes))
        found: dict[str, Any] = json.loads(metrics.read_text())
        return found

    def manifest(self, name: str) -> pd.DataFrame:
        found: pd.DataFrame = MANIFEST.read(self.folder / f"{name}.parquet").to_pandas()
        return found


# Dealing --------------------------------------------------------------------------------------------------------------


@st.composite
def corpora(draw: st.DrawFn, prefix: str = "", giant: bool = True) -> list[Row]:
    """A random corpus: people with real videos, fakes among neighbours, and (if wanted) a crowd that hangs together."""
    rows = []
    groups = draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
    if giant:
        groups.append(draw(st.integers(11, 16)))
    for number, size in enumerate(groups):
        people = [f"{prefix}{number:02d}p{person:02d}" for person in range(size)]
        rows += [row(f"real/{person}", 0, [person]) for person in people]
        links = [(i, i + 1) for i in range(size - 1)]
        pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
        links += [link for link in draw(st.lists(pairs, max_size=2 * size)) if link[0] != link[1]]
        rows += [
            row(f"fake/{people[i]}_{people[j]}", 1, [people[i], people[j]], pair=f"a/real/{people[i]}")
            for i, j in dict.fromkeys(links)
        ]
    return rows


def dealt(rows: Sequence[Row], seed: int = 1, whole: int = 10) -> dict[str, str]:
    videos = table(rows)
    return dict(zip(videos["video"], Dealer(videos, SHARES, whole).deal(seed), strict=True))


@settings(max_examples=6, deadline=None)
@given(corpora(), st.integers(0, 1000))
def test_no_identity_crosses_and_only_fakes_between_splits_are_lost(rows: list[Row], seed: int) -> None:
    where = dealt(rows, seed)
    homes: dict[str, set[str]] = {}
    for one in rows:
        for identity in one["identities"]:
            homes.setdefault(identity, set()).add(where[one["video"]])
    assert all(len(places - {""}) == 1 for places in homes.values())
    person = {identity: (places - {""}).pop() for identity, places in homes.items()}
    for one in rows:
        together = len({person[identity] for identity in one["identities"]}) == 1
        assert (where[one["video"]] != "") == together


@settings(max_examples=6, deadline=None)
@given(corpora(), st.randoms(use_true_random=False), st.integers(0, 1000))
def test_order_of_the_input_does_not_matter(rows: list[Row], random: Any, seed: int) -> None:
    shuffled = random.sample(rows, len(rows))
    assert dealt(shuffled, seed) == dealt(rows, seed)


@settings(max_examples=6, deadline=None)
@given(corpora(), corpora(prefix="new"), corpora(prefix="0", giant=False))
def test_videos_of_new_identities_move_no_old_video(old: list[Row], new: list[Row], first: list[Row]) -> None:
    # `0…` comes before all old names, `new…` after them.
    before = dealt(old)
    after = dealt([*old, *new, *first])
    assert {video: after[video] for video in before} == before


def test_small_components_stay_whole_and_later_names_do_not_move_them() -> None:
    rows = swaps(60)
    before = dealt(rows)
    assert "" not in before.values()
    # Fakes of old people with new ones, whose names come later.
    late = [row(f"late/{n}", 1, [f"{n:03d}", f"x{n}"], pair=f"a/real/{n:03d}") for n in range(0, 60, 2)]
    after = dealt([*rows, *late])
    assert {video: after[video] for video in before} == before
    assert all(after[one["video"]] == before[one["pair"]] for one in late)


def test_giant_component_gives_three_usable_splits() -> None:
    rng = np.random.default_rng(5)
    rows = [row(f"r/{n:02d}_{k}", 0, [f"{n:02d}"]) for n in range(56) for k in range(5)]
    couples = {tuple(sorted(rng.choice(56, 2, replace=False).tolist())) for _ in range(700)}
    rows += [row(f"f/{i:02d}_{j:02d}", 1, [f"{i:02d}", f"{j:02d}"]) for i, j in sorted(couples)]
    assert len(graph(table(rows)).names) == 1
    where = dealt(rows)
    counts = Counter((where[one["video"]], one["label"]) for one in rows)
    for name, share in SHARES.items():
        assert abs(counts[name, 0] / 280 - share) < 0.08
        assert counts[name, 1] >= 8
    # Identities dealt by chance would lose 1 - sum of squared shares = 46.5 % of the fakes.
    assert counts["", 0] == 0
    assert counts["", 1] / len(couples) < 0.42


@pytest.mark.parametrize("seed", range(12))
def test_cut_is_as_good_as_brute_force_on_tiny_graphs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    atoms = int(rng.integers(4, 8))
    touched: Counter[tuple[int, ...]] = Counter({(n,): int(rng.integers(1, 4)) for n in range(atoms)})
    for _ in range(int(rng.integers(3, 20))):
        size = min(int(rng.choice([2, 2, 2, 3])), atoms)
        touched[tuple(sorted(rng.choice(atoms, size, replace=False).tolist()))] += 1
    videos = Videos(sorted(touched), np.array([touched[key] for key in sorted(touched)]), atoms)
    best = min(cost(videos, np.array(sides), EVEN) for sides in itertools.product(range(3), repeat=atoms))
    found = cut(videos, EVEN, np.random.default_rng([seed, 1]))
    assert cost(videos, found, EVEN) <= best + 1e-6
    again = cut(videos, EVEN, np.random.default_rng([seed, 1]))
    assert found.tolist() == again.tolist()


def test_cut_finds_planted_blocks() -> None:
    """Seven blocks of ten people and six fakes between blocks: no more than those need be lost."""
    touched: Counter[tuple[int, ...]] = Counter()
    rng = np.random.default_rng(0)
    for block in range(7):
        for i, j in itertools.combinations(range(10), 2):
            touched[10 * block + i, 10 * block + j] += int(rng.integers(1, 3))
        if block:
            touched[10 * block - 1, 10 * block] += 1
    videos = Videos(sorted(touched), np.array([touched[key] for key in sorted(touched)]), 70)
    sides = cut(videos, np.array([5 / 7, 1 / 7, 1 / 7]), np.random.default_rng(0))
    assert cost(videos, sides, np.array([5 / 7, 1 / 7, 1 / 7])) <= 6


def test_what_ties_videos() -> None:
    same = "f" * 64
    cases = {
        "identity": [row("x", 0, ["p"]), row("y", 1, ["p"], cluster="c")],
        "cluster": [row("x", 0, ["p"], cluster="c"), row("y", 1, ["q"], cluster="c")],
        "pair by key": [row("x", 0, ["p"]), row("y", 1, ["q"], pair="a/x")],
        "pair by token": [row("x", 0, ["p"], pair="t"), row("y", 1, ["q"], pair="t")],
        "equal bytes": [row("x", 0, ["p"], sha256=same), row("y", 1, ["q"], sha256=same)],
        "two people": [row("x", 0, ["p"]), row("y", 1, ["q"]), row("z", 1, ["p", "q"], cluster="c")],
    }
    for name, rows in cases.items():
        assert len(graph(table(rows)).names) == 1, name
    apart = {
        "nothing": [row("x", 0, ["p"]), row("y", 1, ["q"])],
        "empty files": [row("x", 0, ["p"], sha256=same, status="unreadable"), row("y", 1, ["q"], sha256=same)],
        "no identities": [{**row("x", 0, ["p"]), "identities": []}, {**row("y", 1, ["q"]), "identities": []}],
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
    where = dealt(rows)
    homes = {one["identities"][0]: where[one["video"]] for one in rows if one["label"] == 0}
    assert set(homes.values()) == set(SPLITS)
    assert all(where[one["video"]] == homes[one["cluster"]] for one in rows if where[one["video"]])
    # Three arcs of a ring: three places to cut, ten fakes at each.
    assert list(where.values()).count("") == 30


def test_draw_follows_the_shares() -> None:
    counts = np.bincount([draw(3, f"a:{n}", EVEN) for n in range(20_000)], minlength=3)
    assert np.abs(counts / 20_000 - EVEN).max() < 4 * np.sqrt(0.21 / 20_000)
    none = np.array([0.8, 0.2, 0.0])
    assert {draw(3, f"a:{n}", none) for n in range(2000)} == {0, 1}


def test_error_names_a_seed_that_works() -> None:
    rows = swaps(12)
    seeds = range(40)
    lacking = [seed for seed in seeds if set(dealt(rows, seed).values()) != set(SPLITS)]
    assert lacking, "six couples miss a split at times"
    with pytest.raises(DataError, match=r"`split.seed: \d+` gives every split both classes") as error:
        Dealer(table(rows), SHARES, 10).deal_both_classes(lacking[0], "a")
    better = int(str(error.value).split("`split.seed: ")[2].split("`")[0])
    assert set(Dealer(table(rows), SHARES, 10).deal_both_classes(better, "a")) == set(SPLITS)
    # And stays good when people are added.
    assert set(Dealer(table([*rows, *swaps(400)[36:]]), SHARES, 10).deal_both_classes(better, "a")) == set(SPLITS)


def test_one_group_that_cannot_be_dealt_is_an_error() -> None:
    rows = swaps(2)
    with pytest.raises(DataError, match=r"1 groups .* None of the next .* lower `split.whole`"):
        Dealer(table(rows), SHARES, 10).deal_both_classes(1, "a")


# Official lists -------------------------------------------------------------------------------------------------------


def official_ffpp() -> list[Row]:
    """FF++ as it is: pairs of ids, both ways, in one official split each."""
    rows = swaps(40)
    for one in rows:
        couple = int(one["identities"][0]) // 2
        one["split"] = "train" if couple < 14 else "val" if couple < 17 else "test"
    return rows


def test_official_pairs_stand() -> None:
    videos = table(official_ffpp())
    protocol = assign(videos, params())
    assert protocol.rules == {"a": "official"}
    assert protocol.split.tolist() == videos["split"].tolist()
    assert not protocol.why.any()


def test_source_in_two_official_splits_stays_in_the_protected_one() -> None:
    rows = official_ffpp()
    # 000 (train) and 030 (val) are of one YouTube video; 002 (train) and 036 (test) too; 032 (val) and 038 (test) too.
    for one in rows:
        for couple in (("000", "030"), ("002", "036"), ("032", "038")):
            if set(couple) & set(one["identities"]):
                one["identities"] = sorted({*one["identities"], f"youtube{couple}"})
    videos = table(rows)
    protocol = assign(videos, params())
    out = videos[protocol.split == ""]
    assert set(out["split"]) == {"train", "val"}
    assert {name for ids in out["identities"] for name in ids if name in ("000", "002", "032")} == {"000", "002", "032"}
    # The swaps of 000 with 001 go, the real 001 stays.
    assert len(out) == 3 * (1 + 4)
    assert set(protocol.why[out.index]) == {"straddling"}
    assert set(settle(videos, videos["split"])[videos["split"] == "test"]) == {"test"}


def test_test_only_corpus_with_and_without_list() -> None:
    rows = [*official_ffpp(), *swaps(8, "b"), *swaps(8, "c")]
    for one in rows:
        if one["corpus"] == "c" and "001" in one["identities"]:
            one["split"] = "test"
    videos = table(rows)
    protocol = assign(videos, params())
    assert protocol.rules == {"a": "official", "b": "all_test", "c": "test_list"}
    assert set(protocol.split[videos["corpus"] == "b"]) == {"test"}
    of_c = videos["corpus"] == "c"
    assert (protocol.split[of_c] == videos["split"][of_c].fillna("")).all()
    assert set(protocol.why[of_c]) == {"", "not_listed"}


def test_val_is_dealt_out_of_an_official_train() -> None:
    rows = swaps(200)
    for one in rows:
        one["split"] = "test" if int(one["identities"][0]) >= 160 else "train"
    videos = table(rows)
    protocol = assign(videos, params())
    assert protocol.rules == {"a": "val_dealt"}
    assert (protocol.split[videos["split"] == "test"] == "test").all()
    counts = Counter(protocol.split[videos["split"] == "train"])
    assert set(counts) == {"train", "val"}
    assert 0.05 < counts["val"] / counts.total() < 0.35


def test_list_of_test_videos_alone_is_not_followed_and_counted(tmp_path: Path) -> None:
    rows = swaps(100)
    for one in rows:
        if one["label"] == 0 and one["identities"][0] < "030":
            one["split"] = "test"
    found = Stage(tmp_path, rows).run()
    assert found["corpora"]["a"]["rule"] == "dealt"
    listed = {one["video"] for one in rows if one["split"]}
    elsewhere = listed - set(Stage(tmp_path, rows).manifest("test")["video"])
    assert found["corpora"]["a"]["not_as_listed"] == len(elsewhere) > 0


# Balance --------------------------------------------------------------------------------------------------------------


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


# Audit ----------------------------------------------------------------------------------------------------------------


def members(rows: Sequence[Row], places: dict[str, str]) -> dict[str, pd.DataFrame]:
    videos = table(rows)[["video", "corpus", "label", "method"]].assign(crops=1)
    place = videos["video"].map(places)
    return {name: videos[place == name] for name in SPLITS}


def clean() -> tuple[list[Row], dict[str, str]]:
    rows = []
    for name in SPLITS:
        rows += [row(f"{name}/r", 0, [f"{name} p"]), row(f"{name}/f", 1, [f"{name} p"], pair=f"a/{name}/r")]
    return rows, {one["video"]: one["video"].split("/")[1] for one in rows}


def test_audit_of_clean_splits_counts() -> None:
    rows, places = clean()
    found = audit(members(rows, places), table(rows), {})
    assert found["overlap"] == dict.fromkeys(("videos", "identities", "pairs", "clusters", "bytes"), 0)
    assert found["splits"]["val"] == {"videos": 2, "crops": 2, "identities": 1, "real": 1, "fake": 1}


LEAKS: dict[str, Row] = {
    "identities": {"identities": ["other", "train p"]},
    "pairs": {"pair": "a/train/r"},
    "clusters": {"cluster": "train p"},
    "bytes": {"sha256": bytes_sha256(b"a/train/r")},
}


@pytest.mark.parametrize("kind", LEAKS)
@pytest.mark.parametrize("place", ["val", "test"])
def test_audit_finds_a_planted_leak_and_names_it(kind: str, place: str) -> None:
    rows, places = clean()
    leak = {**row("leak", 1, ["other"]), **LEAKS[kind]}
    with pytest.raises(LeakError) as error:
        audit(members([*rows, leak], {**places, "a/leak": place}), table([*rows, leak]), {})
    assert f"{kind} in two splits, 1:" in str(error.value)
    assert f"a/leak in {place}" in str(error.value)
    assert str(error.value).count("in two splits") == 1
    # In the same split there is nothing wrong with it.
    audit(members([*rows, leak], {**places, "a/leak": "train"}), table([*rows, leak]), {})


def test_audit_finds_token_pairs_videos_in_two_splits_and_lost_videos() -> None:
    rows, places = clean()
    token = [row("t1", 0, ["t1"], pair="tok"), row("t2", 1, ["t2"], pair="tok")]
    where = {**places, "a/t1": "train", "a/t2": "test"}
    with pytest.raises(LeakError, match="a:tok: a/t1 in train, a/t2 in test"):
        audit(members([*rows, *token], where), table([*rows, *token]), {})
    twice = members(rows, places)
    twice["val"] = pd.concat([twice["val"], twice["train"].head(1)])
    with pytest.raises(LeakError, match="videos in two splits, 1"):
        audit(twice, table(rows), {})
    with pytest.raises(LeakError, match="1 videos are not accounted for"):
        audit(members(rows, places), table([*rows, row("lost", 0, ["l"])]), {})
    with pytest.raises(LeakError, match="1 videos are not accounted for"):
        audit(members(rows, places), table(rows), {rows[0]["video"]: "straddling"})


def test_copy_in_a_test_only_corpus_stops_the_step_and_leaves_no_manifest(tmp_path: Path) -> None:
    rows = [*official_ffpp(), *swaps(4, "b")]
    copied = next(one for one in rows if one["split"] == "train")
    rows[-1]["sha256"] = copied["sha256"]
    with pytest.raises(LeakError, match="remove one of the two files") as error:
        Stage(tmp_path, rows).run()
    assert copied["video"] in str(error.value)
    assert not list(tmp_path.glob("*.parquet"))


@settings(max_examples=8, deadline=None)
@given(corpora(), st.integers(0, 1000))
def test_audit_agrees_with_every_dealing(rows: list[Row], seed: int) -> None:
    videos = table(rows)
    where = dealt(rows, seed)
    why = {video: "straddling" for video, name in where.items() if not name}
    found = audit(members(rows, where), videos, why)
    assert not any(found["overlap"].values())
    assert sum(part["videos"] for part in found["splits"].values()) + len(why) == len(rows)


# The step -------------------------------------------------------------------------------------------------------------


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
            assert line["cluster"] == f"a/{one['cluster']}"
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


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [*swaps(120), *swaps(10, "b")]
    outputs = []
    for name, order in (("one", rows), ("two", rows[::-1])):
        Stage(tmp_path / name, order).run(balance="undersample")
        files = [*(tmp_path / name).glob("*.parquet"), tmp_path / name / "out/split.json"]
        outputs.append({path.name: path.read_bytes() for path in files})
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 4


def test_straddling_and_undersampled_videos_are_named(tmp_path: Path) -> None:
    rows = swaps(400)
    names = sorted({one["identities"][0] for one in rows if one["label"] == 0})
    rows += [
        row(f"x/{a}_{b}", 1, [a, b], cluster=a, pair=f"a/real/{a}", method="deep")
        for a, b in itertools.pairwise(names[:60])
    ]
    found = Stage(tmp_path, rows).run(balance="undersample")
    lost = found["left_out"]["straddling"]
    assert 0 < lost["videos"] < 20
    assert all(name.startswith("a/") for name in lost["first"])
    assert len(lost["first"]) == min(5, lost["videos"])
    train = found["corpora"]["a"]["splits"]["train"]
    assert train["real"] == train["fake"] == sum(train["methods"].values())
    assert found["left_out"]["undersampled"]["videos"] > 0
    seen = found["corpora"]["a"]["coverage"]
    assert seen["real"] == {"videos": 400, "no_face": 0}
    assert seen["fake"]["videos"] == 800 + 59 - lost["videos"]


def test_folder_of_a_removed_corpus_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(tmp_path, [*official_ffpp(), *swaps(4, "old")])
    stage.corpora.remove("old")
    found = stage.run()
    assert set(found["corpora"]) == {"a"}
    said = capsys.readouterr().err
    assert f"remove it with `rm -r {tmp_path / 'videos' / 'old'}`" in said
    assert str(tmp_path / "crops" / "old") in said


def test_mistakes_are_errors_for_people(tmp_path: Path) -> None:
    rows = official_ffpp()
    with pytest.raises(ParamsError, match=r"`split.train_on` names `z`, but `corpora` has only a"):
        Stage(tmp_path, rows).run(train_on=["z"])
    reals = [one for one in rows if one["label"] == 0]
    with pytest.raises(DataError, match=r"a is to be trained on .* has no fake video"):
        Stage(tmp_path, reals).run()
    no_test = [one for one in rows if one["split"] != "test"]
    with pytest.raises(DataError, match="test is empty"):
        Stage(tmp_path, no_test).run()
    blind = [one["video"] for one in rows if one["split"] == "val" and one["label"] == 0]
    with pytest.raises(DataError, match="No real video in val has a face"):
        Stage(tmp_path, rows, blind).run()
    stage = Stage(tmp_path, rows)
    CROPS.write(crops_of(rows[:-1]), tmp_path / "crops/a")
    with pytest.raises(DataError, match=f"no row for the video {rows[-1]['video']}"):
        stage.run()
    CROPS.write(crops_of([*rows, row("odd", 0, ["o"])]), tmp_path / "crops/a")
    with pytest.raises(DataError, match="crops of a/odd, which is no video"):
        stage.run()
    VIDEOS.write([], tmp_path / "videos/a")
    with pytest.raises(DataError, match="has no video"):
        stage.run()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shares": {"train": 0.7, "val": 0.2, "test": 0.2}}, "must add up to 1, not 1.1"),
        ({"shares": {"train": 0.8, "val": 0.0, "test": 0.2}}, "greater than 0"),
        ({"train_on": []}, "at least 1 item"),
        ({"train_on": ["a", "a"]}, "must name each corpus once"),
        ({"balance": "oversample"}, "'none', 'undersample' or 'weights'"),
        ({"whole": 0}, "greater than or equal to 1"),
        ({"folds": 3}, "unknown key"),
    ],
)
def test_bad_params(changes: Row, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("split: {}\n")
    with pytest.raises(ParamsError, match=message):
        params(**changes)


# The probe ------------------------------------------------------------------------------------------------------------


def filmed(people: int, shortcut: bool) -> list[Row]:
    """People filmed by many cameras; a planted shortcut takes one frame per second from every fake."""
    rng = np.random.default_rng(3)
    rows = swaps(people)
    for one in rows:
        fps = float(rng.choice([24, 26, 30]))
        fps -= 1 if shortcut and one["label"] else 0
        seconds = float(rng.uniform(4, 20))
        one |= {"fps": fps, "seconds": seconds, "frames": int(fps * seconds), "bit_rate": float(rng.lognormal(13, 0.5))}
    return rows


def test_probe_finds_a_planted_shortcut_and_nothing_where_there_is_none() -> None:
    planted, honest = probe(table(filmed(200, True)), 1)["a"]["auc"], probe(table(filmed(200, False)), 1)["a"]["auc"]
    assert planted is not None
    assert planted > 0.9
    assert honest is not None
    assert abs(honest - 0.5) < 0.1
    assert probe(table(filmed(200, False)), 1)["a"]["auc"] == honest
    # An honest classifier of another kind sees the same.
    videos = table(filmed(200, False))
    values = np.log(videos[["fps", "seconds", "bit_rate"]].to_numpy())
    half = np.arange(len(videos)) < len(videos) // 2
    model = LogisticRegression().fit(values[half], videos["label"][half])
    assert abs(roc_auc_score(videos["label"][~half], model.decision_function(values[~half])) - honest) < 0.15


def test_probe_says_nothing_where_it_cannot_tell() -> None:
    one_class = [one for one in filmed(40, True) if one["label"] == 1]
    assert probe(table(one_class), 1) == {"a": {"auc": None}}
    assert probe(table(filmed(2, True)), 1) == {"a": {"auc": None}}
    broken = [{**one, "status": "unreadable"} for one in filmed(40, True)]
    assert probe(table(broken), 1) == {"a": {"auc": None}}


def test_probe_of_one_giant_component_folds_by_cluster() -> None:
    rows = filmed(60, True)
    names = sorted({name for one in rows for name in one["identities"]})
    rows += [row(f"x/{a}_{b}", 1, [a, b], fps=23.0) for a, b in itertools.pairwise(names)]
    assert len(graph(table(rows)).names) == 1
    found = probe(table(rows), 1)["a"]["auc"]
    assert found is not None
    assert found > 0.9
