"""Learning curves: DVCLive and trackers while training runs, plain tables `curves/<name>.tsv` when it is done."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dvclive.live import Live

from unmask.train.tracking import Tracker


class Curves:
    """Numbers of every epoch."""

    def __init__(self, out: Path, history: Sequence[Mapping[str, float]], trackers: Sequence[Tracker]) -> None:
        """Start DVCLive in `<out>/live`; it writes no dvc.yaml, no report and no experiment of its own.

        Args:
            out: The training's folder.
            history: Epochs that an earlier, killed run has done.
            trackers: Are told the same, beside it.
        """
        self._out, self._trackers = out, trackers
        shutil.rmtree(out / "live", ignore_errors=True)
        self._live: Any = Live(dir=str(out / "live"), dvcyaml=None, save_dvc_exp=False)
        for epoch, numbers in enumerate(history, start=1):
            self.add(epoch, numbers)

    def add(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch, counted from 1."""
        self._live.step = epoch
        for name, value in numbers.items():
            self._live.log_metric(name, value)
        self._live.make_summary()
        for tracker in self._trackers:
            tracker.add(epoch, numbers)

    def finish(self) -> None:
        """Keep the tables alone, under names that stay the same."""
        self._live.end()
        folder = self._out / "curves"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(self._live.plots_dir) / "metrics", folder)
        shutil.rmtree(self._out / "live")
        for tracker in self._trackers:
            tracker.finish(broke=False)
