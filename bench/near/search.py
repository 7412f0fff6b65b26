"""Originals hidden among many hashes, and the search for their copies."""

import time
from itertools import product

import numpy as np
import pandas as pd
from bench.near.clips import SEED, Clips, apart
from bench.near.copies import WAYS

from unmask.split.looks import EACH
from unmask.split.near import near


def search(kinds: dict[str, Clips], count: int, bits: int) -> str:
    """Hide originals among mixed hashes, and look for their copies among all as the step does."""
    seen = {key: found[16] for clips in kinds.values() for key, found in clips.seen.items()}
    videos = [(f"mixed/{number:07d}", "train") for number in range(count // EACH)]
    hashes = [*_mixed(np.concatenate(list(seen.values())), len(videos) * EACH).reshape(len(videos), EACH, -1)]
    videos += [(f"a/{key}", "train") for key in seen]
    hashes += seen.values()
    wanted = set()
    for clips in kinds.values():
        for (way, copies), key in product(clips.copies.items(), clips.copies[WAYS[0].name]):
            videos.append((f"b/{way}/{key}", "test"))
            hashes.append(copies[key][16])
            if apart(clips.seen[key], copies[key], 16) <= bits:
                wanted.add((f"a/{key}", f"b/{way}/{key}"))
    owner, words = np.repeat(np.arange(len(videos)), list(map(len, hashes))), np.concatenate(hashes)
    start = time.perf_counter()
    pairs = near(pd.DataFrame(videos, columns=["video", "place"]), owner, words.view(np.uint8), bits, SEED)
    seconds = time.perf_counter() - start
    found = wanted & set(zip(pairs["first"], pairs["second"], strict=True))
    return (
        f"Among {len(words):,} hashes, most of which take each bit from one or the other of two faces, the sorted "
        f"neighbours found {len(found):,} of the {len(wanted):,} copies that a full comparison finds at {bits} bits, "
        f"in {seconds:.0f} s on one core."
    )


def _mixed(words: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    one, other = words[rng.integers(len(words), size=(2, count))]
    mask = rng.integers(1 << 64, size=one.shape, dtype=np.uint64)
    mixed: np.ndarray = (one & mask) | (other & ~mask)
    return mixed
