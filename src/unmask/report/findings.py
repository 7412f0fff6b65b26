"""What the audit found out, in the words and rows of the page; what it does not say reads "not recorded"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.report.story import NOTHING, number
from unmask.split.tables import SPLITS

MISSING = "not recorded"
KINDS = {"bytes": "equal files"}
# Why a video is in no split.
REASONS = {
    "straddling": "ties to two splits",
    "not_listed": "not in the official list that is followed",
    "follows": "people at home in a split that the corpus does not fill",
    "left_out": "named in `split.leave_out`",
    "no_face": "no face found, in train",
    "undersampled": "surplus of the larger class, in train",
    "unpaired": "without a partner to balance with, in train",
}
# What the probe sees besides single columns, and which of those are the face's and not the file's.
TOGETHER = {"all": "all", "file": "file", "face": "face"}
OF_FACE = ("score", "eye_distance", "face_size", "roll", "yaw", "sharpness")


@dataclass(frozen=True)
class Found:
    """Something that is counted, with a few examples.

    Attributes:
        what: What it is, in words.
        count: How many there are; None if nobody looked.
        first: Some of them.
    """

    what: str
    count: int | None
    first: tuple[str, ...] = ()

    @property
    def more(self) -> int:
        """Give how many are not named."""
        return (self.count or 0) - len(self.first)


@dataclass(frozen=True)
class Probe:
    """What metadata give away of one corpus.

    Attributes:
        corpus: Its name.
        values: AUC in words, by kind (`together`, and for each column alone `file` or `face`) and name.
        warns: Whether the AUC lies above the limit.
        carried_by: Columns that carry it.
    """

    corpus: str
    values: Mapping[str, Mapping[str, str]]
    warns: bool
    carried_by: tuple[str, ...]


@dataclass(frozen=True)
class Method:
    """How many videos of one kind each split has; reals are a kind too."""

    corpus: str
    method: str
    label: int
    videos: tuple[int, ...]


def overlaps(values: Mapping[str, Any]) -> list[Found]:
    """List what may stand in one split only, with how often it stands in two."""
    return [Found(KINDS.get(kind, words(kind)), count) for kind, count in values.get("overlap", {}).items()]


def near(values: Mapping[str, Any]) -> Found:
    """Tell of pairs of videos in two splits that look like copies."""
    found = values.get("near", {})
    if found.get("pairs") is None:
        return Found("not looked for" if found else MISSING, None)
    return Found(f"crops whose hashes differ in at most {found['bits']} bits", found["pairs"], tuple(found["first"]))


def straddling(values: Mapping[str, Any]) -> Found:
    """Tell of sources that official lists put into two splits."""
    found = values.get("straddling", {})
    return Found("sources", found.get("sources"), tuple(found.get("first", ())))


def left_out(values: Mapping[str, Any]) -> list[Found]:
    """List the reasons for which videos are in no split, most frequent first."""
    reasons = values.get("left_out", {})
    found = [Found(why(reason), part["videos"], tuple(part["first"])) for reason, part in reasons.items()]
    return sorted(found, key=lambda one: -(one.count or 0))


def cuts(values: Mapping[str, Any]) -> list[str]:
    """Tell which groups of people were too large to stay whole, and what was lost by cutting them."""
    found = values.get("dealing", {}).get("cut", {})
    return [
        f"{cut['identities']} people around {name} hang together in {cut['videos']} videos; they were cut apart where "
        f"least is lost, {cut['lost']} videos."
        for name, cut in found.items()
    ]


def methods(values: Mapping[str, Any], corpora: list[str]) -> list[Method]:
    """Count reals and the fakes of each method in every split."""
    rows = []
    for corpus in corpora:
        parts = values.get("corpora", {}).get(corpus, {}).get("splits", {})
        reals = tuple(parts.get(split, {}).get("real", 0) for split in SPLITS)
        fakes = sorted({method for part in parts.values() for method in part["methods"]})
        rows += [Method(corpus, "real", 0, reals)] if parts else []
        rows += [
            Method(corpus, method, 1, tuple(parts.get(split, {}).get("methods", {}).get(method, 0) for split in SPLITS))
            for method in fakes
        ]
    return rows


def probes(values: Mapping[str, Any], corpora: list[str]) -> list[Probe]:
    """Tell what metadata give away of each corpus that was probed."""
    rows = []
    for corpus in corpora:
        if found := values.get("probe", {}).get(corpus):
            shown = {"together": {name: number(found[key]) for key, name in TOGETHER.items()}, "file": {}, "face": {}}
            for name, value in found["columns"].items():
                shown["face" if name in OF_FACE else "file"][words(name)] = number(value)
            rows.append(Probe(corpus, shown, found["warns"], tuple(map(words, found["carried_by"]))))
    return rows


def why(reason: str) -> str:
    """Say in words why a video is in no split."""
    return REASONS.get(reason, words(reason))


def words(key: str) -> str:
    """Give a key as words.

    Example:
        >>> words("bit_rate")
        'bit rate'
    """
    return key.replace("_", " ") or NOTHING
