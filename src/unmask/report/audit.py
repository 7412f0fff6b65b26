"""What the manifests and the audit of the split say about the data behind the numbers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from unmask.errors import DataError
from unmask.hashing import file_sha256
from unmask.report.findings import MISSING, why, words
from unmask.report.story import NOTHING, percent
from unmask.split.tables import MANIFEST, SPLITS

RULES = {
    "official": "official lists",
    "val_dealt": "official lists, validation dealt",
    "rest_dealt": "official test and validation, the rest dealt",
    "test_list": "official test list",
    "all_test": "all test",
    "dealt": "dealt by identity",
    "folds": "folds of identities",
}


@dataclass(frozen=True)
class Count:
    """How much of one corpus is in one split; reals and fakes are videos."""

    split: str
    corpus: str
    reals: int
    fakes: int
    clusters: int
    crops: int
    empty: int


@dataclass(frozen=True)
class Source:
    """How one corpus was dealt, in words."""

    corpus: str
    rule: str
    left_out: str
    coverage: str


@dataclass(frozen=True)
class Fact:
    """One line of the audit: the path of keys that leads to it, and its value."""

    keys: tuple[str, ...]
    value: str


def counts(manifests: Path) -> list[Count]:
    """Count videos, clusters and crops for every split and corpus.

    Args:
        manifests: Folder with a Parquet file for every split.
    """
    found = []
    for split in SPLITS:
        columns = ["video", "face", "corpus", "label", "cluster"]
        table: pd.DataFrame = MANIFEST.read(manifests / f"{split}.parquet", columns).to_pandas()
        for corpus, part in table.groupby("corpus"):
            videos = part.drop_duplicates("video")
            fakes = int((videos["label"] == 1).sum())
            empty, crops = int((videos["face"] < 0).sum()), int((part["face"] >= 0).sum())
            clusters = videos["cluster"].nunique()
            found.append(Count(split, str(corpus), len(videos) - fakes, fakes, clusters, crops, empty))
    return found


def hashes(manifests: Path) -> dict[str, str]:
    """Hash every manifest."""
    return {f"{split}.parquet": file_sha256(manifests / f"{split}.parquet") for split in SPLITS}


def read(path: Path) -> dict[str, Any]:
    """Read the audit.

    Args:
        path: `metrics/split.json`.

    Raises:
        DataError: The file is missing or is no JSON mapping.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; run the step `split`.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise DataError(f"{path} must be a mapping, not {type(values).__name__}; run the step `split` again.")
    return values


def sources(values: Mapping[str, Any], corpora: Sequence[str]) -> list[Source]:
    """Tell for each corpus the facts that matter most; what the audit does not say reads "not recorded"."""
    found = []
    for name in corpora:
        own = values.get("corpora", {}).get(name, {})
        coverage = sorted(own.get("coverage", {}).items(), reverse=True)
        shares = [f"{key} {percent(1 - part['no_face'] / part['videos'])}" for key, part in coverage if part["videos"]]
        left_out = [f"{count} {why(reason)}" for reason, count in own.get("left_out", {}).items()]
        rule = own.get("rule", MISSING)
        lent = [f"{count} real videos borrowed from {lender}" for lender, count in own.get("borrowed", {}).items()]
        found.append(
            Source(
                corpus=name,
                rule="; ".join([RULES.get(rule, rule), *lent]),
                left_out="; ".join(left_out) or ("none" if "left_out" in own else MISSING),
                coverage=", ".join(shares) or MISSING,
            )
        )
    return found


def facts(values: Mapping[str, Any]) -> list[Fact]:
    """List everything that the audit holds, line by line."""
    return list(_flat(values, ()))


def _flat(values: Mapping[str, object], before: tuple[str, ...]) -> Iterator[Fact]:
    for key, value in values.items():
        keys = (*before, words(str(key)))
        if isinstance(value, Mapping) and value:
            yield from _flat(value, keys)
        else:
            yield Fact(keys, _text(value))


def _text(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return "none"
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if isinstance(value, int) else str(value)
