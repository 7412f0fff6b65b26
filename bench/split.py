"""Measure `split` on invented tables: seconds of each part and peak memory, in a fresh process."""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from operator import itemgetter
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pyarrow.parquet as pq
from bench import synthetic

from unmask import params
from unmask.split import examine, step
from unmask.split.params import Params
from unmask.split.tables import SPLITS

# All corpora with known identities train, so that every rule has work to do; `wild` only tests.
CHOICES = {"train_on": ["duos", "targets", "parts", "crowd"], "validate_on": ["duos", "targets", "parts", "crowd"]}
# Of so many crops ten million enter a manifest; some videos tie two splits, or have no face.
CROPS = 10_600_000
# Rooms whose parts are told one by one.
OPENED = {room.__name__: room for room in (step, examine)}


class Clock:
    """Counts the seconds that the step spends in each part; a part within a part counts for the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside = False

    def watch(self, module: ModuleType) -> None:
        """Watch every function of `split` that a module takes from another room."""
        for name, thing in list(vars(module).items()):
            if isinstance(thing, ModuleType) and thing.__name__.startswith("unmask.split."):
                for inner, function in list(vars(thing).items()):
                    self._watch(thing, inner, function, thing.__name__)
            else:
                self._watch(module, name, thing, "unmask.split.")

    def _watch(self, module: ModuleType, name: str, function: object, home: str) -> None:
        inside = isinstance(function, FunctionType) and function.__module__.startswith(home)
        if isinstance(function, FunctionType) and inside and function.__module__ not in OPENED:
            setattr(module, name, self._timed(f"{function.__module__.split('.')[-1]}.{name}", function))

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            if self._inside:
                return function(*args, **options)
            self._inside, start = True, time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                self._inside = False
                self.seconds[name] += time.perf_counter() - start

        return timed


def measure(folder: Path, balance: str) -> None:
    """Run the step once and tell what it took."""
    section = {**params.load("split").model_dump(mode="json"), **CHOICES, "balance": balance}
    parsed = params.parse(Params, section, Path("params.yaml"), ("split",))
    clock, out = Clock(), folder / "out"
    for room in OPENED.values():
        clock.watch(room)
    start = time.perf_counter()
    step.split(
        videos=folder / "videos", crops=folder / "crops", kept=Path("data/kept_splits.csv"),
        train=out / "train.parquet", val=out / "val.parquet", test=out / "test.parquet", metrics=out / "split.json",
        corpora=dict.fromkeys(synthetic.SHARES), split=parsed,
    )  # fmt: skip
    total = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    say = [
        f"{name:28} {seconds:6.1f} s"
        for name, seconds in sorted(clock.seconds.items(), key=itemgetter(1), reverse=True)
    ]
    say.append(f"{'the rest':28} {total - sum(clock.seconds.values()):6.1f} s")
    rows = {name: pq.read_metadata(out / f"{name}.parquet").num_rows for name in SPLITS}
    say.append(
        f"rows of crops {synthetic.rows(folder):,}; of manifests {sum(rows.values()):,} {rows}; balance {balance}"
    )
    processor, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20
    say.append(f"total {total:.1f} s; processor {processor:.1f} s; peak memory {peak:.2f} GiB")
    sys.stdout.write("\n".join(say) + "\n")


def main() -> None:
    """Make the tables, unless the folder has them, and measure."""
    parser = argparse.ArgumentParser(description="Measure the step split on invented tables.")
    parser.add_argument("--crops", type=int, default=CROPS, help="rows of all tables of crops")
    parser.add_argument("--balance", nargs="+", default=["weights"], help="ways to balance, one run each")
    parser.add_argument("--folder", type=Path, help="keep and use again the tables in this folder")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        measure(options.folder, options.balance[0])
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        if not (folder / "crops").is_dir():
            # Making the tables shall not count, and peak memory is handed down to processes that are started later.
            maker = multiprocessing.get_context("spawn").Process(target=synthetic.project, args=(folder, options.crops))
            maker.start()
            maker.join()
        for balance in options.balance:
            own = [sys.executable, "-m", "bench.split", "--folder", str(folder), "--balance", balance, "--once"]
            subprocess.run(own, check=True)


if __name__ == "__main__":
    main()
