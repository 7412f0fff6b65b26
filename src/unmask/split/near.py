"""Near-duplicates: videos in two splits whose faces are almost the same, such as a copy that was encoded again.

Equal bytes are found by their hash; a copy that was compressed, shrunk or cut anew has other bytes. Here the perceptual
hashes of a few crops of each video are compared (`docs/audit.md` says what that finds and misses). It is evidence and
no proof, so it is reported and never fails the step.

Comparing all hashes with all would take hours for a million of them. So the bits are mixed, the hashes of one split are
sorted, and each of another split is compared with its neighbours only: hashes that differ in few bits often start
alike, and if they do not, they may in another order of their bytes. Several random orders are tried. (Charikar,
Similarity Estimation Techniques from Rounding Algorithms, STOC 2002, section 5; Manku et al., Detecting Near-Duplicates
for Web Crawling, WWW 2007.) Where there is little to compare, all is compared with all.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from unmask.split.tables import SPLITS
from unmask.split.ties import Ints

# A pair of videos is reported when so many crops of one resemble a crop of the other: one alone may be chance.
ALIKE = 2
# Random orders of the bytes, and the fewest neighbours that are looked at in each.
ROUNDS, NEIGHBOURS = 8, 16
# Comparisons to spend on two splits where that allows more neighbours, and at once.
BUDGET, AT_ONCE = 20_000_000, 1 << 20
# Where this many pairs of hashes are alike, or this many pairs of videos, the bits allowed say nothing: the most alike
# are told, and the rest would only say the same.
MOST_MATCHES, MOST_PAIRS = 2_000_000, 100_000
# Bytes of a word.
WORD = 8


def near(videos: pd.DataFrame, owner: Ints, hashes: np.ndarray, bits: int, seed: int) -> pd.DataFrame:
    """Find videos in two splits that look like copies.

    Args:
        videos: Columns `video` and `place`, the name of its split.
        owner: Position of the video of each hash, ascending.
        hashes: Hashes x bytes.
        bits: In how many bits the hashes of two crops that look the same may differ.
        seed: Seed of the random orders.

    Returns:
        One row per pair, sorted, at most 100,000 for each two splits: `first` and `second` (keys), `first_place`,
        `second_place`, `crops` (how many of the first resemble one of the second), `of` (out of so many) and
        `closest` (in bits).
    """
    names, places = videos["video"].to_numpy(dtype=object), videos["place"].to_numpy(dtype=object)
    rng = np.random.default_rng(seed)
    words = _shuffled(hashes, rng)
    rows = []
    for splits in combinations(SPLITS, 2):
        left, right = (np.flatnonzero(places[owner] == name) for name in splits)
        if len(left) and len(right):
            pairs = _pairs(_matches(words, left, right, bits, rng), owner)
            rows += [_compare(names, places, (one, other), owner, words, bits) for one, other in pairs.tolist()]
    columns = ["first", "second", "first_place", "second_place", "crops", "of", "closest"]
    found = pd.DataFrame(rows, columns=columns)
    return found[found["crops"] >= ALIKE].sort_values(["first", "second"], ignore_index=True)


def _pairs(matches: Iterator[Ints], owner: Ints) -> Ints:
    """Give the pairs of videos whose hashes match, those with the most matches first if there are too many."""
    found: list[Ints] = [np.empty((0, 2), dtype=np.int64)]
    for part in matches:
        found.append(part)
        if sum(map(len, found)) > MOST_MATCHES:
            break
    # The same two hashes may meet in several rounds.
    hashes = np.unique(np.concatenate(found), axis=0)
    pairs, count = np.unique(owner[hashes], axis=0, return_counts=True)
    kept: Ints = pairs[np.argsort(-count, kind="stable")[:MOST_PAIRS]]
    return kept


def _shuffled(hashes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bring the bits into random order, the same for all hashes, and pack them into words of 64."""
    order = rng.permutation(hashes.shape[1] * 8)
    parts = np.array_split(hashes, hashes.size * 8 // AT_ONCE + 1)
    mixed = np.concatenate([np.packbits(np.unpackbits(part, axis=1)[:, order], axis=1) for part in parts])
    return np.ascontiguousarray(np.pad(mixed, ((0, 0), (0, -hashes.shape[1] % WORD)))).view(np.uint64)


def _compare(
    names: np.ndarray, places: np.ndarray, pair: tuple[int, int], owner: Ints, words: np.ndarray, bits: int
) -> tuple[object, ...]:
    """Compare all crops of two videos."""
    one, other = sorted(pair, key=lambda row: str(names[row]))
    a, b = (words[np.searchsorted(owner, row) : np.searchsorted(owner, row, side="right")] for row in (one, other))
    best = _distance(a[:, None], b[None]).min(1)
    alike = int(np.count_nonzero(best <= bits))
    return names[one], names[other], places[one], places[other], alike, len(a), int(best.min())


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Count the bits in which hashes differ; word by word, for sums over a short last axis are slow."""
    total = np.zeros(np.broadcast_shapes(a.shape, b.shape)[:-1], dtype=np.int16)
    for word in range(a.shape[-1]):
        total += np.bitwise_count(a[..., word] ^ b[..., word])
    return total


def _matches(words: np.ndarray, left: Ints, right: Ints, bits: int, rng: np.random.Generator) -> Iterator[Ints]:
    """Find hashes of two splits that differ in at most `bits`: all where there are few, nearly all otherwise.

    Yields:
        Positions of pairs, shape (pairs, 2).
    """
    few, many = sorted((left, right), key=len)
    whole = len(few) * len(many) <= BUDGET
    width = len(many) if whole else min(len(many), max(NEIGHBOURS, BUDGET // (ROUNDS * len(few))))
    step = max(AT_ONCE // width, 1)
    for _ in range(1 if whole else ROUNDS):
        order = rng.permutation(words.shape[1] * WORD)[:WORD]
        keys = _keys(words[many], order)
        rank = np.argsort(keys, kind="stable")
        queries, sorted_ = words[few], words[many[rank]]
        # Where each query's neighbours begin.
        begin = np.clip(np.searchsorted(keys[rank], _keys(queries, order)) - width // 2, 0, len(many) - width)
        for start in range(0, len(few), step):
            around = begin[start : start + step, None] + np.arange(width)
            i, j = np.nonzero(_distance(queries[start : start + step, None], sorted_[around]) <= bits)
            yield np.stack([few[start + i], many[rank[around[i, j]]]], axis=1)


def _keys(words: np.ndarray, order: Ints) -> np.ndarray:
    """Take some bytes of each hash, in this order, as one number."""
    return np.ascontiguousarray(words.view(np.uint8)[:, order]).view(">u8").ravel().astype(np.uint64)
