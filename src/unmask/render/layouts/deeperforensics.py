"""Renders a corpus that lies on disk as DeeperForensics-1.0: actors' faces in videos of a rendered FaceForensics++.

The lists have the form of the authors' page
(https://github.com/EndlessSora/DeeperForensics-1.0/blob/master/dataset/README.md). As there, a split has actors of its
own. Letter and first digit of an actor's name are drawn by seed and have no influence on how the actor looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.render import truth
from unmask.render.clip import Clip, film, generator
from unmask.render.distort import Distortion, choose, distort, rate_factor
from unmask.render.encode import encode
from unmask.render.forge import forge
from unmask.render.layouts.faceforensics import deal
from unmask.render.params import DeeperForensics

PLAIN = "end_to_end"
SOURCE = "source_videos/{0}/light_uniform/neutral/camera_front/{0}_light_uniform_neutral_camera_front.mp4"


@dataclass(frozen=True)
class Fake:
    """One fake: whose video, and the distorted variants it gets besides the plain one."""

    target: str
    variants: tuple[tuple[str, tuple[Distortion, ...]], ...]


@dataclass(frozen=True)
class Task:
    """An actor, who is filmed and put into the videos of several targets."""

    spec: DeeperForensics
    out: Path
    actor: str
    split: str
    fakes: tuple[Fake, ...]

    def __call__(self) -> list[dict[str, Any]]:
        """Writes the actor's videos; returns their rows of the truth table."""
        return list(self._write())

    def _write(self) -> Iterator[dict[str, Any]]:
        # The actor is filmed as the targets are, with other random numbers.
        actor = film(self.spec.targets.model_copy(update={"seed": self.spec.seed}), self.actor, self.actor)
        path = SOURCE.format(self.actor)
        encode(self.out / path, actor.frames, self.spec.targets)
        yield from truth.rows(path, actor)
        for fake in self.fakes:
            yield from self._forge(fake, actor)

    def _forge(self, fake: Fake, actor: Clip) -> Iterator[dict[str, Any]]:
        name = f"{fake.target}_{self.actor}.mp4"
        target = film(self.spec.targets, fake.target, fake.target)
        forged = forge(f"DeeperForensics/{PLAIN}", target, actor, generator(self.spec, f"fake/{name}"))
        for variant, distortions in ((PLAIN, ()), *fake.variants):
            path = f"manipulated_videos/{variant}/{name}"
            frames = distort(generator(self.spec, f"noise/{variant}/{name}"), forged.frames, distortions)
            crf = rate_factor(distortions, self.spec.targets.crf)
            encode(self.out / path, frames, self.spec.targets.model_copy(update={"crf": crf}))
            yield from truth.rows(path, target, self.actor, forged)


def _actors(spec: DeeperForensics) -> dict[str, list[str]]:
    """Names of the actors of each split."""
    rng = generator(spec, "actors")
    counts = dict(spec.actors)
    numbers = iter(rng.permutation(99)[: sum(counts.values())] + 1)
    return {
        split: sorted(f"{rng.choice(list('MW'))}{rng.integers(2)}{next(numbers):02d}" for _ in range(count))
        for split, count in counts.items()
    }


def _distorted(spec: DeeperForensics, targets: dict[str, list[str]]) -> dict[str, list[str]]:
    """The targets that get each variant: those of test first, because they can be evaluated."""
    chosen: dict[str, list[str]] = {}
    for variant, count in spec.variants.items():
        rng = generator(spec, f"variants/{variant}")
        order = [str(name) for split in ("test", "val", "train") for name in rng.permutation(targets[split])]
        chosen[variant] = order[:count]
    return chosen


def _tasks(spec: DeeperForensics, out: Path) -> list[Task]:
    targets = {split: _targets(spec, split, pairs) for split, pairs in deal(spec.targets).items()}
    distorted, tasks = _distorted(spec, targets), []
    for split, actors in _actors(spec).items():
        for place, actor in enumerate(actors):
            fakes = tuple(_fake(spec, name, actor, distorted) for name in targets[split][place :: len(actors)])
            tasks.append(Task(spec, out, actor, split, fakes))
    return tasks


def _targets(spec: DeeperForensics, split: str, pairs: list[tuple[str, str]]) -> list[str]:
    return sorted([name for pair in pairs for name in pair][: getattr(spec.forged, split)])


def _fake(spec: DeeperForensics, target: str, actor: str, distorted: dict[str, list[str]]) -> Fake:
    variants = [variant for variant, targets in distorted.items() if target in targets]
    drawn = [choose(generator(spec, f"distort/{variant}/{target}_{actor}"), variant) for variant in variants]
    return Fake(target, tuple((variant, tuple(kinds)) for variant, kinds in zip(variants, drawn, strict=True)))


def _lists(tasks: list[Task]) -> dict[str, list[str]]:
    """The lines of every list, by its file below `lists/`."""
    lines: dict[str, list[str]] = {f"splits/{split}.txt": [] for split in ("train", "val", "test")}
    for task in tasks:
        lines.setdefault("source_videos_lists/source_videos_list.txt", []).append(SOURCE.format(task.actor))
        for fake in task.fakes:
            name = f"{fake.target}_{task.actor}.mp4"
            lines[f"splits/{task.split}.txt"].append(name)
            for variant, distortions in ((PLAIN, ()), *fake.variants):
                path = f"manipulated_videos/{variant}/{name}"
                for which in ("", f"{variant}_"):
                    lines.setdefault(f"manipulated_videos_lists/manipulated_videos_{which}list.txt", []).append(path)
                if distortions:
                    meta = f"manipulated_videos_distortions_meta/manipulated_videos_{variant}_meta.txt"
                    kinds = " ".join(f"{kind}:{level}" for kind, level in distortions)
                    lines.setdefault(meta, []).append(f"{path} {kinds}")
    return lines


def plan(spec: DeeperForensics, out: Path) -> list[Task]:
    """Writes the lists and gives the work that remains, one task per actor."""
    tasks = _tasks(spec, out)
    for name, lines in _lists(tasks).items():
        file = out / "lists" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")
    return tasks
