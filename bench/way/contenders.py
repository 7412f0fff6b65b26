"""The contenders: each takes a set of videos, runs as a user would run it, and tells what it took."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.way.commands import run
from bench.way.floor import HOWS
from bench.way.material import ROOT, STAGES, Workshop

PROCESSES = 2


@dataclass(frozen=True)
class Took:
    """What one run of a contender took, in seconds.

    Attributes:
        seconds: From start to end, wall clock.
        processor: Of processor time.
        parts: Of the parts that it tells itself; a peer's are summed over its processes, its start is not.
    """

    seconds: float
    processor: float
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Set:
    """A set of videos: the name of its corpus and a file with their paths."""

    name: str
    listed: Path


Contender = Callable[[Set], Took]


def contenders(shop: Workshop) -> dict[str, Contender]:
    """Make all contenders, by name."""
    least = float(shop.params["detect"]["detector"]["min_face"])
    size = int(shop.params["crop"]["size"])
    peers: dict[str, Contender] = {
        "peer a": lambda videos: peer(shop, videos, size),
        "peer b": lambda videos: peer(shop, videos, size, "--batch", "--min-face", str(least)),
    }
    our: dict[str, Contender] = {
        "ours": lambda videos: ours(shop, videos, PROCESSES),
        "ours, 1 worker": lambda videos: ours(shop, videos, 1),
    }
    return {f"decode {how}": decoding(how) for how in HOWS} | peers | our


def decoding(how: str) -> Contender:
    """Make a contender that merely decodes."""

    def decode(videos: Set) -> Took:
        spent = run(_module("floor", videos, "--how", how), ROOT, {})
        return Took(spent.seconds, spent.processor, {"frames": float(spent.said)})

    return decode


def peer(shop: Workshop, videos: Set, size: int, *options: str) -> Took:
    """Run a peer."""
    out = ["--out", str(shop.folder / "peer"), "--size", str(size), "--since", str(time.monotonic())]
    spent = run(_module("peer", videos, *out, *options), ROOT, {"PYTHONPATH": str(ROOT / "src")})
    return Took(spent.seconds, spent.processor, json.loads(spent.said))


def ours(shop: Workshop, videos: Set, workers: int) -> Took:
    """Run our three commands one after another, with an empty work cache."""
    shop.forget(videos.name)
    spent = {stage: shop.stage(stage, videos.name, workers) for stage in STAGES}
    seconds, processor = (sum(one.seconds for one in spent.values()), sum(one.processor for one in spent.values()))
    parts = {stage: one.seconds for stage, one in spent.items()}
    return Took(seconds, processor, parts | {f"{stage} processor": one.processor for stage, one in spent.items()})


def _module(name: str, videos: Set, *options: str) -> list[str]:
    more = ["--processes", str(PROCESSES), *options]
    return [sys.executable, "-m", f"bench.way.{name}", "--videos", str(videos.listed), *more]


def alone(shop: Workshop, videos: Set) -> dict[str, Any]:
    """Run the detectors on the same frames, each process a part of the videos, side by side."""

    def part(number: int) -> Any:
        words = ["--params", str(shop.folder / "params.yaml"), "--part", str(number), "--parts", str(PROCESSES)]
        command = [sys.executable, "-m", "bench.way.alone", "--videos", str(videos.listed), *words]
        spent = run(command, ROOT, {"PYTHONPATH": str(ROOT / "src")})
        return json.loads(spent.said)

    with ThreadPoolExecutor(PROCESSES) as pool:
        parts = list(pool.map(part, range(PROCESSES)))
    names = parts[0]["faces"]
    return {
        "frames": sum(one["frames"] for one in parts),
        **{
            clock: {name: sum(one[clock][name] for one in parts) for name in names}
            for clock in ("seconds", "processor")
        },
        "faces": {name: [faces for one in parts for faces in one["faces"][name]] for name in names},
    }
