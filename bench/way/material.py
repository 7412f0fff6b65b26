"""A working folder with corpora made of real clips: once, several times over, looped, grown by one."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pandas as pd
from bench.way.commands import Spent, run
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
STAGES = ("extract", "detect", "crop")
FOLDERS = {
    "extract": ["20_extract/{0}"],
    "detect": ["30_detect/{0}"],
    "crop": ["40_crop/tables/{0}", "40_crop/shards/{0}"],
}


@dataclass(frozen=True)
class Clip:
    """One real clip: its file and its class, `real` or `fake`."""

    path: Path
    label: str

    @property
    def name(self) -> str:
        """Where it lies in a corpus."""
        return f"{self.label}/{self.path.name}"


def clips(shared: Path, most: int | None) -> list[Clip]:
    """List the labelled clips of `data/index.csv`, or some that are evenly spread over them."""
    table = pd.read_csv(shared / "data/index.csv", dtype=str).dropna(subset=["label"])
    found = [Clip(shared / "data" / file, label) for file, label in zip(table["file"], table["label"], strict=True)]
    return spread(found, most or len(found))


def spread(found: Sequence[Clip], wanted: int) -> list[Clip]:
    """Choose clips evenly."""
    wanted = min(wanted, len(found))
    return [found[(2 * part + 1) * len(found) // (2 * wanted)] for part in range(wanted)]


def loop(path: Path, times: int, out: Path) -> Path:
    """Write a video that shows another several times over, packet by packet, into Matroska; give its path."""
    out = out.with_suffix(".mkv")
    with av.open(str(out), "w") as target, av.open(str(path)) as first:
        track = target.add_stream_from_template(first.streams.video[0])
        shift = 0
        for _ in range(times):
            with av.open(str(path)) as source:
                packets = [packet for packet in source.demux(video=0) if packet.size]
            step = packets[0].duration or 1
            stamps = [packet.dts if packet.dts is not None else number * step for number, packet in enumerate(packets)]
            for packet, stamp in zip(packets, stamps, strict=True):
                lag = (packet.pts - stamp) if packet.pts is not None else 0
                packet.stream, packet.dts, packet.pts = track, stamp + shift, stamp + lag + shift
                target.mux(packet)
            shift += stamps[-1] - stamps[0] + step
    return out


class Workshop:
    """A folder in which our stages run as in a working copy, with the options of its `params.yaml`."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.folder = folder
        for part in ("src", "stages"):
            (folder / part).symlink_to(ROOT / part)
        self._corpora: dict[str, Any] = {}
        graph: Any = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
        self._commands = {stage: graph[stage]["do"]["cmd"] for stage in ("index", *STAGES)}
        self.params: Any = YAML().load((ROOT / "params.yaml").read_text())

    def corpus(self, name: str, files: Mapping[str, Path]) -> list[Path]:
        """Lay files out as a corpus and index it anew.

        Args:
            name: The corpus.
            files: Path of each file by its place below the corpus' folder.

        Returns:
            The paths of its videos.
        """
        root = self.folder / "data/00_raw" / name
        shutil.rmtree(root, ignore_errors=True)
        for place, file in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            self._lay(file, root / place)
        self._corpora[name] = {"layout": "folder"}
        self.params["rendered"], self.params["corpora"] = [], self._corpora
        YAML().dump(self.params, self.folder / "params.yaml")
        self.stage("index", name)
        return [root / place for place in files]

    def stage(self, stage: str, corpus: str, workers: int = 2, cache: str = "cache", watch: bool = False) -> Spent:
        """Run the command of a stage as `dvc repro` does."""
        words = shlex.split(self._commands[stage].replace("${key}", corpus))
        more = {
            "PYTHONPATH": str(self.folder / "src"),
            "UNMASK_WORKERS": str(workers),
            "UNMASK_CACHE": str(self.folder / cache),
        }
        return run([sys.executable, *words[1:]], self.folder, more, watch)

    def outs(self, stage: str, corpus: str) -> Iterable[Path]:
        """Give what a stage wrote: folders."""
        return [self.folder / "data" / part.format(corpus) for part in FOLDERS[stage]]

    def forget(self, corpus: str, cache: str | None = "cache") -> None:
        """Remove what the stages wrote of a corpus, as DVC does before it runs them, and the work cache if named."""
        for stage in STAGES:
            for out in self.outs(stage, corpus):
                shutil.rmtree(out, ignore_errors=True)
        if cache:
            shutil.rmtree(self.folder / cache, ignore_errors=True)

    def _lay(self, file: Path, place: Path) -> None:
        """Link a file, or copy it where links do not reach."""
        try:
            os.link(file, place)
        except OSError:
            shutil.copy(file, place)
