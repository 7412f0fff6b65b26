"""Measure our way from video to aligned face beside merely decoding and beside two peers; write docs/benchmarks.md.

    python -m bench.way --shared ../shared --write docs/benchmarks.md

Every contender is a command of its own, in two processes with one thread each; they take turns, in changing order.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import docs
from bench.way import agree, cost, figures, page
from bench.way.contenders import Contender, Set, Took, alone, contenders
from bench.way.facts import facts, part
from bench.way.material import Clip, Workshop, clips


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/index.csv and clips")
    docs.add_write(parser, part())
    parser.add_argument("--videos", type=int, help="so many of the clips instead of all")
    parser.add_argument("--repeats", type=int, default=3, help="runs on the clips once")
    parser.add_argument("--large-repeats", type=int, default=1, help="runs on the clips three times over")
    parser.add_argument("--grown", type=int, default=50, help="videos in a corpus before one more comes")
    parser.add_argument("--scratch", type=Path, help="where the working folder is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        found = clips(options.shared, options.videos)
        repeats = (options.repeats, options.large_repeats)
        results = measure(Workshop(Path(folder)), found, repeats, options.grown)
    docs.tell(page.tables(results), part(), options.write)


def measure(shop: Workshop, found: list[Clip], repeats: tuple[int, int], grown: int) -> figures.Results:
    """Measure everything.

    Args:
        shop: The working folder.
        found: Clips.
        repeats: Runs on the clips once, and on the clips three times over, each copy a video of its own.
        grown: Videos in a corpus before one more comes.
    """
    once, thrice = _set(shop, found, 1), _set(shop, found, figures.TIMES)
    runners = contenders(shop)
    judged = {name: runner for name, runner in runners.items() if name == "decode plain" or "decode" not in name}
    beside = {name: runner for name, runner in runners.items() if name not in judged}
    short_runs, long_runs = _turns(judged, once, repeats[0]), _turns(judged, thrice, repeats[1])
    short_runs |= _turns(beside, once, 1)
    runs = {name: figures.Runs(taken, long_runs.get(name, [])) for name, taken in short_runs.items()}
    _say("detectors alone")
    side_by_side = alone(shop, once)
    faces = side_by_side["faces"]
    agreement = {
        name: agree.compare(
            (agree.faces(*peer), agree.faces(*own)) for peer, own in zip(faces[name], faces["ours"], strict=True)
        )
        for name in ("a", "b")
    }
    memory = {}
    for title, clip in cost.heavy(shop, once.name, found).items():
        _say(f"memory, {title}")
        memory[title] = cost.memory(shop, clip)
    increments = []
    for title, files in cost.growing(shop, once.name, found, grown + 1):
        _say(f"one more video{title}")
        increments.append({"title": title, **cost.increment(shop, files)})
    frames = int(short_runs["decode plain"][0].parts["frames"])
    counted = f"{len(found)} videos, {frames:,} frames, {side_by_side['frames']} of them looked at"
    return figures.Results([counted, *facts()], runs, side_by_side, agreement, memory, increments)


def _set(shop: Workshop, found: list[Clip], times: int) -> Set:
    """Lay clips out as a corpus, each so many times under other names."""
    files = {}
    for clip in found:
        path = Path(clip.name)
        for number in range(times):
            files[str(path.with_name(f"{path.stem}_{number}{path.suffix}"))] = clip.path
    name = "once" if times == 1 else f"times{times}"
    listed = shop.folder / f"{name}.txt"
    listed.write_text("\n".join(map(str, shop.corpus(name, files))))
    return Set(name, listed)


def _turns(runners: dict[str, Contender], videos: Set, repeats: int) -> dict[str, list[Took]]:
    """Let contenders take turns, every other time in reverse order."""
    taken: dict[str, list[Took]] = {name: [] for name in runners}
    for repeat in range(repeats):
        order: Callable[[list[str]], object] = list if repeat % 2 == 0 else reversed
        for name in order(list(runners)):  # type: ignore[attr-defined]
            taken[name].append(runners[name](videos))
            _say(f"{videos.name}, run {repeat + 1} of {repeats}: {name}, {taken[name][-1].seconds:.1f} s")
    return taken


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    main()
