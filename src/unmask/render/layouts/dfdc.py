"""Renders a corpus that lies on disk as the full DFDC: parts with `metadata.json`, a test folder with `labels.csv`."""

import json
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.render import truth
from unmask.render.clip import Clip, film, generator
from unmask.render.encode import encode
from unmask.render.forge import forge
from unmask.render.params import Dfdc, Filmed

TEST = "test"
STYLES = ("DFDC/oval", "DFDC/hull")
LETTERS = 10  # of a name


@dataclass(frozen=True)
class Real:
    """One real video: its path, who is in it, who sits next to them, and the number of its format."""

    path: str
    person: str
    beside: str | None
    format: int


@dataclass(frozen=True)
class Task:
    """Two real videos of different people, and two fakes that put each one's face into a video of the other.

    The fakes are made from these very videos, or from `others` of the same people that nobody gets to see.
    """

    spec: Dfdc
    out: Path
    reals: tuple[Real, Real]
    fakes: tuple[str, str]
    others: tuple[Real, Real] | None

    def __call__(self) -> list[dict[str, Any]]:
        """Writes the four videos; returns their rows of the truth table."""
        clips = [self._film(real) for real in self.reals]
        rows = [row for number in (0, 1) for row in self._write_real(number, clips[number])]
        originals = self.others or self.reals
        targets = [self._film(other) for other in self.others] if self.others else clips
        for number in (0, 1):
            shot = self.spec.shot(originals[number].format)
            rows += self._write_fake(self.fakes[number], shot, targets[number], clips[1 - number])
        return rows

    def _film(self, real: Real) -> Clip:
        return film(self.spec.shot(real.format), real.person, real.path, real.beside)

    def _write_real(self, number: int, clip: Clip) -> Iterator[dict[str, Any]]:
        real = self.reals[number]
        encode(self.out / real.path, clip.frames, self.spec.shot(real.format))
        yield from truth.rows(real.path, clip)

    def _write_fake(self, path: str, shot: Filmed, target: Clip, source: Clip) -> Iterator[dict[str, Any]]:
        rng = generator(self.spec, path)
        fake = forge(str(rng.choice(STYLES)), target, source, rng)
        encode(self.out / path, fake.frames, shot)
        yield from truth.rows(path, target, source.identity, fake)


def _names(rng: np.random.Generator, count: int) -> list[str]:
    """As many different names of ten letters."""
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(rng.choice(list(string.ascii_lowercase), LETTERS))] = None
    return [f"{name}.mp4" for name in names]


def _folder(spec: Dfdc, out: Path, folder: str, count: int) -> list[Task]:
    """The work of one folder with `count` real videos of its own people, in pairs."""
    rng = generator(spec, folder)
    people = [f"{folder}/{number}" for number in range(max(3, count // spec.clips))]
    paths = [f"{folder}/{name}" for name in _names(rng, 2 * count)]
    tasks = []
    for start in range(0, count, 2):
        two = [people[(start + step) % len(people)] for step in (0, 1)]
        reals = [_cast(spec, rng, path, person, two, people) for path, person in zip(paths[start:], two, strict=False)]
        fakes = (paths[count + start], paths[count + start + 1])
        others = None
        if folder == TEST:
            # No list names the pairs of the test set; were they there, equal metadata would give them away.
            first, second = (
                _cast(spec, rng, path, person, two, people) for path, person in zip(fakes, two, strict=True)
            )
            others = (first, second)
        tasks.append(Task(spec, out, (reals[0], reals[1]), fakes, others))
    return tasks


def _cast(spec: Dfdc, rng: np.random.Generator, path: str, person: str, two: list[str], people: list[str]) -> Real:
    """Draws a video's format, and in a wide one perhaps a third person who is not part of the swap."""
    number = int(rng.integers(len(spec.formats)))
    beside = str(rng.choice([one for one in people if one not in two]))
    wide = spec.formats[number].width > spec.formats[number].height
    return Real(path, person, beside if rng.random() < spec.together and wide else None, number)


def _metadata(tasks: list[Task]) -> str:
    """What `metadata.json` of a training part says: `original` is the real video that a fake was made from."""
    entries: dict[str, dict[str, str]] = {}
    for task in tasks:
        for real, fake in zip(task.reals, task.fakes, strict=True):
            original = Path(real.path).name
            entries[original] = {"label": "REAL", "split": "train"}
            entries[Path(fake).name] = {"label": "FAKE", "split": "train", "original": original}
    return json.dumps(dict(sorted(entries.items())))


def _labels(tasks: list[Task]) -> str:
    """What `labels.csv` of the test folder says: 1 is fake."""
    lines = [f"{Path(real.path).name},0" for task in tasks for real in task.reals]
    lines += [f"{Path(fake).name},1" for task in tasks for fake in task.fakes]
    return "\n".join(["filename,label", *sorted(lines)]) + "\n"


def plan(spec: Dfdc, out: Path) -> list[Task]:
    """Writes the metadata and gives the work that remains, one task per pair of real videos."""
    tested = _folder(spec, out, TEST, spec.reals.test)
    parts = {f"dfdc_train_part_{number}": spec.reals.part for number in range(spec.parts)}
    trained = {folder: _folder(spec, out, folder, count) for folder, count in parts.items()}
    for folder, tasks in trained.items():
        (out / folder).mkdir(parents=True, exist_ok=True)
        (out / folder / "metadata.json").write_text(_metadata(tasks), encoding="utf-8")
    (out / TEST).mkdir(parents=True, exist_ok=True)
    (out / TEST / "labels.csv").write_text(_labels(tested), encoding="utf-8")
    return [task for tasks in trained.values() for task in tasks] + tested
