"""How far a stage is: one bar on a terminal, a few lines anywhere else."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from shutil import get_terminal_size
from types import TracebackType
from typing import Self

from tqdm import tqdm

# Lines that a stage writes, at most, where there is no terminal: a log of a thousand shards helps nobody.
LINES = 20
WIDEST = 100
FAILED = "failed"
BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} videos{postfix} [{elapsed}<{remaining}]"


class Progress:
    """Counts the videos of a stage that are done, and what was found in them."""

    def __init__(self, step: str, shards: Sequence[str], todo: Sequence[str]) -> None:
        """Begin to count.

        Args:
            step: The verb.
            shards: For every video of the stage, the shard that it goes to, or an empty text.
            todo: The same for those videos that the work cache does not hold.
        """
        self._step, self._all = step, len(shards)
        self._done = self._cached = self._last = len(shards) - len(todo)
        self._shards, self._left = len(set(shards) - {""}), Counter(todo)
        self._told: Counter[str] = Counter()
        off = not todo or not sys.stderr.isatty()
        # Asked here, since tqdm draws nothing on a terminal that does not know its size.
        columns, lines = get_terminal_size()
        self._bar = tqdm(
            desc=step,
            total=self._all,
            initial=self._done,
            bar_format=BAR,
            ncols=min(columns, WIDEST),
            nrows=lines,
            disable=off,
        )

    def __enter__(self) -> Self:
        """Give the counter itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it is."""
        self._bar.close()

    def add(self, shard: str, told: Mapping[str, int]) -> None:
        """Count one more video, and what was found in it."""
        self._done += 1
        self._told.update(told)
        self._left[shard] -= 1
        self._bar.set_postfix_str(self._found(), refresh=False)
        self._bar.update()
        if self._bar.disable and self._due(shard):
            self._last = self._done
            self.say(self._line())

    def say(self, text: str) -> None:
        """Write a line of its own."""
        tqdm.write(f"{self._step}: {text}", file=sys.stderr)
        sys.stderr.flush()

    def _due(self, shard: str) -> bool:
        """Tell whether a line is due: a shard is complete, or a twentieth of the videos is done, or all are."""
        many = self._done - self._last >= self._all / LINES
        complete = shard != "" and self._left[shard] == 0
        return (complete and (many or self._shards <= LINES)) or (many and not shard) or self._done == self._all

    def _line(self) -> str:
        complete = self._shards - sum(1 for shard, count in self._left.items() if shard and count > 0)
        shards = [f"shard {complete} of {self._shards} done"] if self._shards else []
        return ", ".join([*shards, f"{self._done} of {self._all} videos", self._found()])

    def _found(self) -> str:
        told = {name: count for name, count in self._told.items() if name != FAILED} | {FAILED: self._told[FAILED]}
        found = ", ".join(f"{count} {name}" for name, count in told.items())
        # What is in the cache is not read for this.
        return f"{self._cached} from the cache; in the others {found}" if self._cached else found
