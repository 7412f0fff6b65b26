"""Train on self-blended images of real video, ask about swaps that no network has seen, and write docs.

    PYTHONPATH=tests python -m bench.real --shared ../shared --write docs/real-sbi.md

People are dealt into folds; each fold is tested by a network that learned from the real videos of other people alone.
Every try of the plan takes minutes on two cores. What is done by the same code is not done again, also after a
kill.
"""

import argparse
from pathlib import Path

from bench import docs
from bench.real import blends, measure, page, plan
from bench.real.room import Job, Room
from project import ROOT

from unmask.errors import DataError, UnmaskError
from unmask.evaluate.params import Params as Intervals
from unmask.params import parse, read_yaml
from unmask.tune.params import Params as Tuning

PART = "real"
PLAN = Path(__file__).with_name("tries.yaml")
ROOM = Path(".cache/real")


def main() -> None:
    """Run, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data and weights")
    parser.add_argument("--room", type=Path, default=ROOM, help=f"folder for all that is made (without: {ROOM})")
    parser.add_argument("--jobs", type=int, default=2, help="how many folds run at a time, each with one thread")
    wanted = plan.load(PLAN)
    tries = list(wanted.tries)
    parser.add_argument(
        "--only", nargs="*", metavar="TRY", choices=tries, help="run these tries alone; without names none"
    )
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    room = Room(arguments.room, arguments.shared)
    jobs = list(room.jobs(wanted))
    chosen = [job for job in jobs if arguments.only is None or job.name in arguments.only]
    if chosen and not (arguments.shared / "data/index.csv").is_file():
        raise DataError(f"{arguments.shared}/data/index.csv does not exist; name the folder of the clips in --shared.")
    room.work_off(chosen, arguments.jobs)
    docs.tell(page.page(wanted, measured(jobs), learned(jobs), minutes(jobs)), PART, arguments.write)


def measured(jobs: list[Job]) -> dict[str, measure.Found]:
    """Measure every try of which all folds are done."""
    known = read_yaml(ROOT / "params.yaml")
    aggregation = parse(Tuning, known["tune"], ROOT / "params.yaml").aggregation
    intervals = parse(Intervals, known["evaluate"], ROOT / "params.yaml")
    return {
        name: measure.measure(measure.collect(folders, aggregation), intervals) for name, folders in done(jobs).items()
    }


def learned(jobs: list[Job]) -> dict[str, float]:
    """Give for every try of which all folds are done the AUC of its own blends, of people whom it has not seen."""
    return {name: blends.measure(folders) for name, folders in done(jobs).items()}


def done(jobs: list[Job]) -> dict[str, list[Path]]:
    """Give the folders of every try of which all folds are done."""
    folds: dict[str, list[Job]] = {}
    for job in jobs:
        folds.setdefault(job.name, []).append(job)
    return {name: [job.out for job in some] for name, some in folds.items() if all(job.done for job in some)}


def minutes(jobs: list[Job]) -> dict[str, float]:
    """Give the minutes that each try's done folds were trained for."""
    took = dict.fromkeys((job.name for job in jobs), 0.0)
    for job in jobs:
        took[job.name] += float((job.out / "minutes").read_text()) if job.done else 0.0
    return took


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
