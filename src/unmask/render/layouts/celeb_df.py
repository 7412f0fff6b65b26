"""Renders a corpus that lies on disk as Celeb-DF v2."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.hashing import stable_hash
from unmask.render import truth
from unmask.render.clip import film, generator
from unmask.render.encode import encode
from unmask.render.forge import forge
from unmask.render.params import CelebDf

LIST = "List_of_testing_videos.txt"
REAL, FAKE = 1, 0  # the official list counts real as 1


@dataclass(frozen=True)
class Task:
    """One real clip and the fakes made from it."""

    spec: CelebDf
    out: Path
    path: str
    person: str
    sources: tuple[str, ...]

    def __call__(self) -> list[dict[str, Any]]:
        """Writes the clip's videos; returns their rows of the truth table."""
        return list(self._write())

    def _write(self) -> Iterator[dict[str, Any]]:
        target = film(self.spec, self.person, Path(self.path).stem)
        encode(self.out / self.path, target.frames, self.spec)
        yield from truth.rows(self.path, target)
        for source in self.sources:
            path = fake_path(self.path, source)
            rng = generator(self.spec, path)
            donor = film(self.spec, source, f"{source}_{rng.integers(self.spec.clips):04d}")
            fake = forge("Celeb-synthesis", target, donor, rng)
            encode(self.out / path, fake.frames, self.spec)
            yield from truth.rows(path, target, source, fake)


def fake_path(real: str, source: str) -> str:
    """The official name of the fake that puts `source` into the real clip `Celeb-real/id<p>_<NNNN>.mp4`."""
    person, clip = Path(real).stem.split("_")
    return f"Celeb-synthesis/{person}_{source}_{clip}.mp4"


def _deal(spec: CelebDf) -> dict[str, list[str]]:
    """Sources of the fakes of each real clip: spread evenly over clips, each source once per clip at most."""
    people = [f"id{number}" for number in range(spec.people)]
    clips = [f"Celeb-real/{person}_{take:04d}.mp4" for person in people for take in range(spec.clips)]
    rng = np.random.default_rng([spec.seed, stable_hash("deal")])
    order = {clip: rng.permutation([p for p in people if not clip.startswith(f"Celeb-real/{p}_")]) for clip in clips}
    dealt: dict[str, list[str]] = {clip: [] for clip in clips}
    for number in range(spec.fakes):
        turn, place = divmod(number, len(clips))
        dealt[clips[place]].append(str(order[clips[place]][turn]))
    return dealt


def _testing(spec: CelebDf, tasks: list[Task]) -> list[str]:
    """Lines of the test list: a share of each folder, picked by seed."""
    videos = [(REAL, task.path) for task in tasks]
    videos += [(FAKE, fake_path(task.path, source)) for task in tasks for source in task.sources]
    lines = []
    for folder in ("YouTube-real", "Celeb-synthesis", "Celeb-real"):
        here = sorted(video for video in videos if video[1].startswith(f"{folder}/"))
        rng = np.random.default_rng([spec.seed, stable_hash(folder)])
        chosen = sorted(rng.permutation(len(here))[: round(spec.tested * len(here))])
        lines += [f"{here[place][0]} {here[place][1]}" for place in chosen]
    return lines


def plan(spec: CelebDf, out: Path) -> list[Task]:
    """Writes the test list and gives the work that remains, one task per real clip."""
    tasks = [Task(spec, out, clip, Path(clip).stem.split("_")[0], tuple(s)) for clip, s in _deal(spec).items()]
    names = [f"{number:05d}" for number in range(spec.youtube)]
    tasks += [Task(spec, out, f"YouTube-real/{name}.mp4", f"youtube{name}", ()) for name in names]
    out.mkdir(parents=True, exist_ok=True)
    (out / LIST).write_text("\n".join(_testing(spec, tasks)) + "\n", encoding="utf-8")
    return tasks
