"""What a long video costs in memory, and what one more video costs in time and in files that change."""

import sys
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from bench.way.commands import run
from bench.way.contenders import PROCESSES
from bench.way.material import ROOT, STAGES, Clip, Workshop, loop, spread

from unmask.hashing import file_sha256
from unmask.index.tables import VIDEOS

# A long video is so many times as long as a short one.
LONGER = 10
# Corpora that grow by one; how often their videos are looped in one of them.
LOOPS = 4
# Most videos of DFDC show ten seconds at 30 frames a second in full HD (Dolhansky et al., 2020).
FULL_HD, TEN_SECONDS = 1920 * 1080, 300


def memory(shop: Workshop, clip: Clip) -> dict[str, dict[str, float]]:
    """Take the memory of the largest process of each stage, for a video and for one LONGER times as long.

    Each corpus holds the same video twice, so that two workers work.

    Returns:
        Megabytes by contender and `short` or `long`; a peer is all three stages at once.
    """
    long = loop(clip.path, LONGER, shop.folder / "long")
    found: dict[str, dict[str, float]] = {name: {} for name in (*STAGES, "peer b")}
    for length, file in (("short", clip.path), ("long", long)):
        paths = shop.corpus(length, {f"real/{number}{file.suffix}": file for number in range(PROCESSES)})
        shop.forget(length)
        for stage in STAGES:
            found[stage][length] = shop.stage(stage, length, watch=True).peak
        listed = shop.folder / f"{length}.txt"
        listed.write_text("\n".join(map(str, paths)))
        least = str(shop.params["detect"]["detector"]["min_face"])
        words = ["--videos", str(listed), "--out", str(shop.folder / "peer"), "--batch", "--min-face", least]
        found["peer b"][length] = run([sys.executable, "-m", "bench.way.peer", *words], ROOT, {}, watch=True).peak
    return found


def heavy(shop: Workshop, corpus: str, found: list[Clip]) -> dict[str, Clip]:
    """Choose two H.264 clips of a corpus, by title: the middle one by its pixels, and one with the largest frames."""
    rows = [(row, clip) for row, clip in _indexed(shop, corpus, found) if row["codec"] == "h264" and row["frames"] > 0]
    middle = sorted(rows, key=lambda row: _pixels(row[0]) * row[0]["frames"])[len(rows) // 2]
    largest = max(rows, key=lambda row: (_pixels(row[0]), row[0]["frames"]))
    return {f"{row['width']} x {row['height']}, {row['frames']} frames": clip for row, clip in (middle, largest)}


def growing(shop: Workshop, corpus: str, found: list[Clip], videos: int) -> Iterator[tuple[str, dict[str, Path]]]:
    """Give corpora of so many videos, each a title and files by their places, made when they are asked for.

    One is of real clips as they are, one of clips looped, one of clips as long and large as most of DFDC's.
    """
    chosen = spread(found, videos)
    yield "", {clip.name: clip.path for clip in chosen}
    folder = shop.folder / "loops"
    folder.mkdir()
    looped = [loop(clip.path, LOOPS, folder / clip.path.stem) for clip in chosen]
    yield f", each {LOOPS} times as long", {f"real/{file.name}": file for file in looped}
    indexed = _indexed(shop, corpus, found)
    large = [(row, clip) for row, clip in indexed if _pixels(row) == FULL_HD and row["frames"] > 0]
    files = [loop(clip.path, ceil(TEN_SECONDS / row["frames"]), folder / f"hd_{clip.path.stem}") for row, clip in large]
    if files:
        turns = [files[number % len(files)] for number in range(videos)]
        places = {f"real/{number:02}_{file.name}": file for number, file in enumerate(turns)}
        yield f" in full HD of ten seconds and more (made of {len(files)} clips)", places


def increment(shop: Workshop, files: dict[str, Path]) -> dict[str, Any]:
    """Add one video to a corpus, and compare with making it all anew.

    Args:
        shop: Where.
        files: Files by their places in the whole corpus; the one of middle size is the one that is added.

    Returns:
        Number of videos before, seconds of the whole and of the one more, number of changed and of all shards by
        stage, and whether the bytes are those of the whole made anew.
    """
    added = sorted(files, key=lambda name: (files[name].stat().st_size, name))[len(files) // 2]
    fewer = {name: file for name, file in files.items() if name != added}
    shop.corpus("grown", files)
    whole, truth = _made(shop, anew=True)
    shop.corpus("grown", fewer)
    _, before = _made(shop, anew=True)
    shop.corpus("grown", files)
    more, after = _made(shop, anew=False)
    changed = {
        stage: [name for name, value in hashes.items() if before[stage].get(name) != value and name.endswith(".tar")]
        for stage, hashes in after.items()
    }
    shards = {stage: sum(name.endswith(".tar") for name in hashes) for stage, hashes in after.items()}
    return {
        "videos": len(fewer),
        "whole": whole,
        "more": more,
        "changed": {stage: len(names) for stage, names in changed.items()},
        "shards": shards,
        "same": after == truth,
    }


def _indexed(shop: Workshop, corpus: str, found: list[Clip]) -> Iterator[tuple[dict[str, Any], Clip]]:
    """Give the clips of a corpus with their rows of the index."""
    by_stem = {clip.path.stem: clip for clip in found}
    for row in VIDEOS.rows(shop.folder / "data/10_index" / corpus):
        yield row, by_stem[Path(row["path"]).stem.rpartition("_")[0]]


def _pixels(row: Mapping[str, Any]) -> int:
    return int(row["width"] * row["height"])


def _made(shop: Workshop, anew: bool) -> tuple[dict[str, float], dict[str, dict[str, str]]]:
    """Run all stages; give the seconds of each and the hashes of its files."""
    shop.forget("grown", "cache" if anew else None)
    seconds = {stage: shop.stage(stage, "grown").seconds for stage in STAGES}
    return seconds, {stage: _hashes(shop, stage) for stage in STAGES}


def _hashes(shop: Workshop, stage: str) -> dict[str, str]:
    files = [file for out in shop.outs(stage, "grown") for file in sorted(out.rglob("*")) if file.is_file()]
    return {file.relative_to(shop.folder).as_posix(): file_sha256(file) for file in files}
