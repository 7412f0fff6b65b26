"""What a long video costs in memory, and what one more video costs in time and in files that change."""

import sys
from pathlib import Path
from typing import Any

from bench.way.commands import run
from bench.way.contenders import PROCESSES
from bench.way.material import ROOT, STAGES, Clip, Workshop, loop, spread

from unmask.hashing import file_sha256
from unmask.index.tables import VIDEOS

# A long video is so many times as long as a short one.
LONGER = 10
# Corpora that grow by one.
GROWN, LOOPS = 51, 4


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
    rows = VIDEOS.rows(shop.folder / "data/10_index" / corpus)
    rows = [row for row in rows if row["codec"] == "h264" and row["frames"] > 0]
    by_stem = {clip.path.stem: clip for clip in found}
    middle = sorted(rows, key=lambda row: row["width"] * row["height"] * row["frames"])[len(rows) // 2]
    largest = max(rows, key=lambda row: (row["width"] * row["height"], row["frames"]))
    return {
        f"{row['width']} x {row['height']}, {row['frames']} frames": by_stem[Path(row["path"]).stem.rpartition("_")[0]]
        for row in (middle, largest)
    }


def increment(shop: Workshop, found: list[Clip], times: int) -> dict[str, Any]:
    """Add one video to a corpus, and compare with making it all anew.

    Args:
        shop: Where.
        found: Clips to choose GROWN from; the last but one of them is the one that is added.
        times: How often each clip is looped.

    Returns:
        Number of videos before, seconds of the whole and of the one more, number of changed and of all shards by
        stage, and whether the bytes are those of the whole made anew.
    """
    chosen = spread(found, GROWN)
    files = {clip.name: clip.path for clip in chosen}
    if times > 1:
        (shop.folder / "loops").mkdir(exist_ok=True)
        files = {name: loop(file, times, shop.folder / "loops" / file.stem) for name, file in files.items()}
        files = {str(Path(name).with_suffix(".mkv")): file for name, file in files.items()}
    added = sorted(files)[len(files) // 2]
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
        "times": times,
        "whole": whole,
        "more": more,
        "changed": {stage: len(names) for stage, names in changed.items()},
        "shards": shards,
        "same": after == truth,
    }


def _made(shop: Workshop, anew: bool) -> tuple[dict[str, float], dict[str, dict[str, str]]]:
    """Run all stages; give the seconds of each and the hashes of its files."""
    shop.forget("grown", "cache" if anew else None)
    seconds = {stage: shop.stage(stage, "grown").seconds for stage in STAGES}
    return seconds, {stage: _hashes(shop, stage) for stage in STAGES}


def _hashes(shop: Workshop, stage: str) -> dict[str, str]:
    files = [file for out in shop.outs(stage, "grown") for file in sorted(out.rglob("*")) if file.is_file()]
    return {file.relative_to(shop.folder).as_posix(): file_sha256(file) for file in files}
