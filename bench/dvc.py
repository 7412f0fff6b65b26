"""What DVC needs for crops in shards, and for the same crops as loose files.

In scratch repositories with the settings of this one and a remote on the same disk; nothing else is touched. DVC never
looks into files, so random bytes of the sizes of real crops stand for pictures. Whatever the files, each command takes
its time to start: hence the same commands on a single small file, and a column of what each layout takes beyond that.
"""

import argparse
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from unmask.shards import ShardWriter, by_shard

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- dvc:begin -->", "<!-- dvc:end -->"
WIDTH = 120
SEED = 1
# Of a video, so many crops; of a corpus, so many shards, as in params.yaml; sizes as of crops of 128 pixels, in bytes.
EACH, SHARDS = 8, 8
MEAN, SPREAD = 27_000, 5_000
# Beyond this difference from starting up, clocks tell nothing.
LEAST = 0.1
# So many times less than loose files shall status, checkout and push cost.
TARGET = 10

Crops = dict[str, list[tuple[str, bytes]]]


@dataclass(frozen=True)
class Command:
    """Something that is measured.

    Attributes:
        name: What it is called in the table.
        words: The command line behind `dvc`.
        before: Puts a repository into the state in which it is measured.
        judged: Whether the target is for it.
    """

    name: str
    words: tuple[str, ...]
    before: Callable[[Path], None] = lambda _: None
    judged: bool = True


def forget(repository: Path) -> None:
    """Remove what DVC noted about files, so that it must hash them again."""
    shutil.rmtree(repository / "notes", ignore_errors=True)
    shutil.rmtree(repository / ".dvc/tmp", ignore_errors=True)


def lose(repository: Path) -> None:
    """Remove the data; the cache stays."""
    shutil.rmtree(repository / "data")


def drop(repository: Path) -> None:
    """Remove the cache too, and all that was noted."""
    lose(repository)
    shutil.rmtree(repository / ".dvc/cache", ignore_errors=True)
    forget(repository)


def unpushed(repository: Path) -> None:
    """Empty the remote, and what was noted of it."""
    shutil.rmtree(repository / "remote", ignore_errors=True)
    forget(repository)
    dvc(repository, "status")


COMMANDS = (
    Command("status, nothing changed", ("status",)),
    Command("status, everything hashed again", ("status",), forget),
    Command("checkout", ("checkout",), lose),
    Command("push to an empty remote", ("push",), unpushed),
    Command("push, nothing new", ("push",)),
    Command("pull into a fresh clone", ("pull",), drop, judged=False),
)


def crops(count: int, first: int = 0) -> Crops:
    """Give the crops of videos: for each, names and bytes."""
    rng = np.random.default_rng([SEED, first])
    videos = [f"corpus/{number:06d}" for number in range(first, first + -(-count // EACH))]
    sizes = np.clip(rng.normal(MEAN, SPREAD, (len(videos), EACH)), 5_000, None).astype(int)
    return {
        video: [(f"{video}/{10 * place:06d}_0.png", rng.bytes(int(size))) for place, size in enumerate(row)]
        for video, row in zip(videos, sizes, strict=True)
    }


def as_shards(data: Path, videos: Crops) -> None:
    """Write crops as the step does."""
    for name, group in by_shard(videos, SHARDS):
        with ShardWriter(data / name) as shard:
            for video in group:
                for member, picture in videos[video]:
                    shard.add(member, picture)


def as_files(data: Path, videos: Crops) -> None:
    """Write a file for each crop, a folder for each video."""
    for listed in videos.values():
        for name, picture in listed:
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture)


def as_nothing(data: Path, videos: Crops) -> None:
    """Write one small file, however many crops there are."""
    data.mkdir(exist_ok=True)
    (data / "one").write_text(str(len(videos)))


LAYOUTS = {"start-up": as_nothing, "shards": as_shards, "files": as_files}


def dvc(repository: Path, *words: str) -> float:
    """Run DVC, and give the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=repository, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"dvc {' '.join(words)} failed:\n{done.stderr}")
    return time.perf_counter() - start


def create(repository: Path) -> None:
    """Make a repository with this one's settings, a remote beside its data, and a place of its own for DVC's notes."""
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    dvc(repository, "init", "--quiet")
    shutil.copy(ROOT / ".dvc/config", repository / ".dvc/config")
    dvc(repository, "remote", "add", "--default", "--local", "near", str(repository / "remote"))
    dvc(repository, "config", "--local", "core.site_cache_dir", str(repository / "notes"))


def measure(repository: Path, write: Callable[[Path, Crops], None], videos: Crops, repeat: int) -> dict[str, float]:
    """Measure every command on one layout: the least of several runs."""
    create(repository)
    write(repository / "data", videos)
    found = {"add": dvc(repository, "add", "data")}
    for command in COMMANDS:
        seconds = []
        for _ in range(repeat):
            command.before(repository)
            seconds.append(dvc(repository, *command.words))
        found[command.name] = min(seconds)
        sys.stderr.write(f"{repository.name}: {command.name} {found[command.name]:.2f} s\n")
    more = videos | crops(EACH, first=len(videos))
    write(repository / "data", more)
    found["add and push one video more"] = dvc(repository, "add", "data") + dvc(repository, "push")
    return found


def table(found: dict[str, dict[str, float]]) -> Iterator[str]:
    """Give the lines of the table; a target that is missed is said to be missed."""
    judged = {command.name for command in COMMANDS if command.judged}
    yield f"| `dvc` | start-up, s | shards, s | files, s | files / shards | without start-up | target: {TARGET} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
    for name, start in found["start-up"].items():
        shards, files = found["shards"][name], found["files"][name]
        whole, beyond = files / shards, (files - start) / max(shards - start, LEAST)
        written = f"{beyond:.0f}" if shards - start > LEAST else f"over {beyond:.0f}"
        said = verdict(whole, beyond) if name in judged else ""
        yield f"| {name} | {start:.2f} | {shards:.2f} | {files:.2f} | {whole:.1f} | {written} | {said} |"


def verdict(whole: float, beyond: float) -> str:
    """Tell whether a command, as it is run, costs TARGET times less; if not, whether it does without its start-up.

    Example:
        >>> verdict(12.0, 90.0), verdict(5.0, 21.0), verdict(3.0, 4.0)
        ('met', '**missed**; met without start-up', '**missed**')
    """
    if whole >= TARGET:
        return "met"
    return "**missed**; met without start-up" if beyond >= TARGET else "**missed**"


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="number of crops")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each command, of which the fastest counts")
    parser.add_argument("--scratch", type=Path, help="existing folder for the scratch repositories")
    parser.add_argument("--write", type=Path, help="page whose table is renewed")
    arguments = parser.parse_args()
    if arguments.write and not {BEGIN, END} <= set(arguments.write.read_text(encoding="utf-8").split("\n")):
        raise SystemExit(f"{arguments.write} has no lines `{BEGIN}` and `{END}` for the table to stand between.")
    os.environ["DVC_NO_ANALYTICS"] = "1"
    videos = crops(arguments.count)
    megabytes = sum(len(picture) for listed in videos.values() for _, picture in listed) / 1e6
    with TemporaryDirectory(dir=arguments.scratch) as folder:
        found = {}
        for name, write in LAYOUTS.items():
            found[name] = measure(Path(folder) / name, write, videos, arguments.repeat)
            shutil.rmtree(Path(folder) / name)
    version = subprocess.run([sys.executable, "-m", "dvc", "--version"], capture_output=True, text=True, check=True)
    text = (
        f"{len(videos) * EACH:,} crops ({megabytes:.0f} MB) of {len(videos):,} videos, in {SHARDS} shards or as loose "
        f"files; DVC {version.stdout.strip()}, cache and remote on one local disk, links as DVC chooses them (copies "
        f"where the file system has no reflinks); the fastest of {arguments.repeat} runs, of those that add something "
        "one. Start-up is the same command on one small file."
    )
    said = "\n".join([*table(found), "", textwrap.fill(text, WIDTH)])
    sys.stdout.write(said + "\n")
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        start, stop = page.index(BEGIN) + len(BEGIN), page.index(END)
        arguments.write.write_text(f"{page[:start]}\n\n{said}\n\n{page[stop:]}", encoding="utf-8")


if __name__ == "__main__":
    main()
