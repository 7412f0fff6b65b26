"""Run what is not done, some at a time; what is done stays done, whatever happens to the others."""

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from bench.study.experiments import STARTS, Experiment, starting
from bench.study.process import ROOM, Processes, tell
from bench.study.repository import done, forget, read

from unmask.hashing import bytes_sha256
from unmask.storage import write_atomically


class Runner:
    """Runs experiments of one state of the repository."""

    def __init__(self, processes: Processes, held: str, minutes: float) -> None:
        """Take what all have in common.

        Args:
            processes: Runs commands.
            held: What the repository holds, as `code` tells it.
            minutes: How long an experiment may take.
        """
        self._processes, self._held, self._minutes = processes, held, minutes

    def work_off(self, wanted: Sequence[Experiment], jobs: int) -> list[str]:
        """Run all that is not done, each after the one that it starts from.

        Args:
            wanted: The experiments, in the order in which they are begun.
            jobs: How many run at a time.

        Returns:
            What failed, a line each.
        """
        here = done(wanted, self._held)
        left = [one for one in wanted if one.name not in here]
        tell(f"{len(here)} of {len(wanted)} experiments are done")
        failed, futures = list[str](), dict[Future[str], Experiment]()
        with ThreadPoolExecutor(jobs) as pool:
            try:
                while left or futures:
                    for one in [one for one in left if one.start is None or one.start.name in here][
                        : jobs - len(futures)
                    ]:
                        left.remove(one)
                        futures[pool.submit(self._run, one, here)] = one
                    if not futures:
                        return failed + [f"{one.name} waits for the one that it starts from" for one in left]
                    for future in wait(futures, return_when=FIRST_COMPLETED).done:
                        name = futures.pop(future).name
                        if said := future.result():
                            failed.append(f"{name} {said}")
                        here = done(wanted, self._held)
                        tell(f"{name} {said or 'done'}; {len(here)} of {len(wanted)}")
            except BaseException:
                self._processes.stop()
                raise
        return failed

    def _run(self, one: Experiment, here: Mapping[str, str]) -> str:
        """Run one, and say what went wrong; `here` are the commits of those that are done."""
        start, carried = tuple[str, ...](), list[str]()
        if one.start:
            (data,) = read(here[one.start.name], [f"data/60_train/{one.start.recipe}/model.safetensors"]).values()
            path = STARTS / one.start.name / "model.safetensors"
            write_atomically(path, data)
            # A folder, for DVC makes none for a file that it carries.
            start, carried = starting(path, bytes_sha256(data), one.recipe), ["--copy-paths", str(path.parent)]
        forget([one.name])
        words = [word for change in (*one.changes, *start) for word in ("--set-param", change)]
        named = ["--name", one.name, "--message", one.version(self._held)]
        command = [sys.executable, "-m", "dvc", "exp", "run", "--temp", *named, *carried, *words, one.target]
        return self._processes.run(command, ROOM / f"{one.name}.log", self._minutes)
