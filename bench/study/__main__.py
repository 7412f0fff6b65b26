"""Run a study: networks that differ in one thing, as experiments of DVC, and what the differences come to.

    python -m bench.study bench/study/study.yaml --write docs/study.md

What is done is not run again, also after a kill. `dvc exp show` lists the experiments; `--remove` removes them.
"""

import argparse
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from bench import docs
from bench.study import page
from bench.study.compare import Estimate, measure
from bench.study.experiments import Experiment, experiments
from bench.study.plan import Plan, load
from bench.study.process import Processes, alone, clear, tell
from bench.study.repository import code, done, forget, read
from bench.study.run import Runner

from unmask import params
from unmask.errors import DataError, UnmaskError
from unmask.systems import place

PART = "study"
PLAN = Path("bench/study/study.yaml")
# Where the results of recipes lie.
ROOT = Path("data/90_evaluate")


def main() -> None:
    """Run, print, and renew the page and the table beside it."""
    # The plan names the part of the page, so it is read first.
    first = _options()
    first.add_argument("--write")
    plan = load(first.parse_known_args()[0].plan)
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form, parents=[_options()])
    docs.add_write(parser, plan.name)
    arguments = parser.parse_args()
    if odd := [name for name in arguments.only if name not in plan.trained()]:
        parser.error(f"--only: there is no arm `{odd[0]}`; there are: {', '.join(plan.trained())}")
    wanted = experiments(plan)
    if arguments.remove:
        forget(one.name for one in wanted)
        return
    held = code()
    with alone() as lock:
        clear([one.name for one in wanted])
        chosen = [one for one in wanted if not arguments.only or one.arm in arguments.only]
        if failed := Runner(Processes(lock), held, plan.minutes).work_off(chosen, arguments.jobs):
            raise DataError("\n".join(failed))
    if not arguments.only:
        study = collect(plan, wanted, done(wanted, held))
        docs.tell(page.page(study), plan.name, arguments.write)
        if arguments.write:
            arguments.write.with_name(f"{plan.name}.csv").write_text(page.table(study), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("plan", type=Path, nargs="?", default=PLAN, help=f"a YAML file (without: {PLAN})")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at a time, each with one thread")
    parser.add_argument("--only", nargs="+", metavar="ARM", default=[], help="these arms alone, without tables")
    parser.add_argument("--remove", action="store_true", help="remove the experiments of this commit, and run nothing")
    return parser


def collect(plan: Plan, wanted: Sequence[Experiment], commits: Mapping[str, str]) -> page.Study:
    """Read what experiments made, and measure every system on every corpus.

    Args:
        plan: The plan.
        wanted: Its experiments.
        commits: Where each of them is.
    """
    said: Any = params.load("evaluate")
    corpora = list(dict(params.load("corpora"))["root"])
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in plan.systems()}
    for one in wanted:
        tell(f"reading {one.name}")
        systems = {name: given for name, (arm, given) in plan.systems().items() if arm == one.arm}
        paths = {name: str(place(ROOT, given) / "videos.parquet") for name, given in systems.items()}
        files = read(commits[one.name], paths.values())
        for name, path in paths.items():
            # Small tables: no threads of Arrow are needed, and none is left when the process ends.
            with pq.ParquetFile(BytesIO(files[path]), pre_buffer=False) as table:
                tables[name].append(table.read(use_threads=False).to_pandas(use_threads=False))
    found: dict[str, dict[str, Estimate]] = {
        name: {corpus: measure(some, corpus, said) for corpus in corpora} for name, some in tables.items()
    }
    return page.Study(plan, corpora, found, said.confidence)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
