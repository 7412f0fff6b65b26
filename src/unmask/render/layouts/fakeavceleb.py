"""Renders a corpus that lies on disk as FakeAVCeleb v1.2, without sound.

The form of names and of `meta_data.csv` is that of the authors' download (https://github.com/DASH-Lab/FakeAVCeleb):
the column `path` holds the file's name, and a last column without a name holds its folder. Race and gender are drawn by
seed to fill folders and columns; they have no influence on how a person looks, which is drawn independently of them.
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unmask.render import truth
from unmask.render.clip import Clip, film, generator
from unmask.render.encode import encode
from unmask.render.forge import Forged, forge
from unmask.render.params import FakeAvCeleb

CSV = "meta_data.csv"
HEADER = "source,target1,target2,method,category,type,race,gender,path,"
CATEGORIES = {
    "A": "RealVideo-RealAudio", "B": "RealVideo-FakeAudio", "C": "FakeVideo-RealAudio", "D": "FakeVideo-FakeAudio",
}  # fmt: skip
METHODS = {"C": ("faceswap", "fsgan", "wav2lip"), "D": ("faceswap-wav2lip", "fsgan-wav2lip", "wav2lip")}
RACES = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)", "Caucasian (European)")
GENDERS = ("men", "women")


@dataclass(frozen=True)
class Person:
    """Who is in the corpus: identity such as `id00076`, number of the clip, and the folder below a category."""

    identity: str
    clip: str
    race: str
    gender: str


@dataclass(frozen=True)
class Video:
    """One line of `meta_data.csv`."""

    person: Person
    category: str
    method: str
    target1: str
    target2: str
    name: str

    @property
    def folder(self) -> str:
        """The file's folder below the root."""
        return f"{CATEGORIES[self.category]}/{self.person.race}/{self.person.gender}/{self.person.identity}"

    @property
    def line(self) -> str:
        """Itself, as the list holds it."""
        who = self.person
        about = (self.method, self.category, CATEGORIES[self.category], who.race, who.gender)
        return ",".join((who.identity, self.target1, self.target2, *about, self.name, f"FakeAVCeleb/{self.folder}"))


@dataclass(frozen=True)
class Task:
    """All videos of two people, each faked with the other's face and speech."""

    spec: FakeAvCeleb
    out: Path
    people: tuple[Person, Person]
    videos: tuple[Video, ...]

    def __call__(self) -> list[dict[str, Any]]:
        """Writes the videos; returns their rows of the truth table."""
        clips = [film(self.spec, person.identity, person.identity) for person in self.people]
        return [row for video in self.videos for row in self._write(video, clips)]

    def _write(self, video: Video, clips: list[Clip]) -> Iterator[dict[str, Any]]:
        target, source = clips if video.person == self.people[0] else clips[::-1]
        path = f"{video.folder}/{video.name}"
        if video.category in METHODS:
            fake = _forge(video.method, target, source, generator(self.spec, path))
            encode(self.out / path, fake.frames, self.spec)
            yield from truth.rows(path, target, source.identity, fake)
        else:
            clip = target if video.category == "A" else film(self.spec, target.identity, f"{target.identity}/fake")
            encode(self.out / path, clip.frames, self.spec)
            yield from truth.rows(path, clip)


def _forge(method: str, target: Clip, source: Clip, rng: np.random.Generator) -> Forged:
    """Forges with one method, or with several one after another."""
    first, *others = method.split("-")
    done = forge(f"FakeAVCeleb/{first}", target, source, rng)
    for name in others:
        more = forge(f"FakeAVCeleb/{name}", replace(target, frames=done.frames), source, rng)
        done = Forged(more.frames, np.maximum(done.masks, more.masks), more.points)
    return done


def _person(rng: np.random.Generator, identity: str) -> Person:
    return Person(identity, f"{rng.integers(400):05d}", str(rng.choice(RACES)), str(rng.choice(GENDERS)))


def _fake(rng: np.random.Generator, category: str, method: str, person: Person, other: str) -> Video:
    """Names a fake: a numbered face, or another's identity and the name of their clip, then who drives the lips."""
    number, clip = str(rng.integers(13)), "".join(rng.choice(list(string.ascii_letters + string.digits), 11))
    target1, target2, ending = {
        "faceswap": (number, "-", number),
        "faceswap-wav2lip": (other, number, f"{number}_{other}_wavtolip"),
        "fsgan": (other, "-", f"{other}_{clip}"),
        "fsgan-wav2lip": (other, other, f"{other}_{clip}_{other}_wavtolip"),
        "wav2lip": (other, "-", f"{other}_wavtolip"),
    }[method]
    return Video(person, category, method, target1, target2, f"{person.clip}_{ending}.mp4")


def _videos(spec: FakeAvCeleb, number: int, person: Person, other: str) -> Iterator[Video]:
    """The videos of one person: a real one, one with another's voice, and fakes by methods that take turns."""
    yield Video(person, "A", "real", "-", "-", f"{person.clip}.mp4")
    yield Video(person, "B", "rtvc", "fake.mp4", "-", f"{person.clip}_fake.mp4")
    rng = generator(spec, f"fakes/{person.identity}")
    for shift, (category, methods) in enumerate(METHODS.items()):
        for turn in range(spec.fakes):
            yield _fake(rng, category, methods[(number + turn + shift) % len(methods)], person, other)


def plan(spec: FakeAvCeleb, out: Path) -> list[Task]:
    """Writes the list and gives the work that remains, one task per pair of people."""
    rng = generator(spec, "people")
    people = [_person(rng, f"id{number:05d}") for number in sorted(rng.permutation(9999)[: spec.people])]
    tasks = []
    for start in range(0, spec.people, 2):
        two = (people[start], people[start + 1])
        videos = [v for step in (0, 1) for v in _videos(spec, start + step, two[step], two[1 - step].identity)]
        tasks.append(Task(spec, out, two, tuple(videos)))
    listed = sorted((video for task in tasks for video in task.videos), key=lambda video: (video.folder, video.name))
    out.mkdir(parents=True, exist_ok=True)
    lines = [HEADER, *(video.line for video in sorted(listed, key=lambda video: video.category))]
    (out / CSV).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tasks
