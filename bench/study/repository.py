"""What the repository knows of experiments: which are done, by which code, and what they made."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.study.experiments import Experiment

from unmask.errors import DataError
from unmask.hashing import digest

# What the results of an experiment depend on. A change elsewhere, as in the page of results, makes no experiment old.
PLACES = ("dvc.yaml", "dvc.lock", "params.yaml", "recipes", "src", "stages")
REFERENCES = "refs/exps"


def code() -> str:
    """Tell what the repository holds, as far as experiments depend on it.

    Raises:
        DataError: Something of it is not committed, or the data of the demo are not there.
    """
    if changed := git("status", "--porcelain", "--", *PLACES):
        raise DataError(f"an experiment belongs to a commit, and these changes are in none; commit them:\n{changed}")
    if not Path("data/50_split/train.parquet").is_file():
        raise DataError("data/50_split does not exist; `make demo` renders the corpora that experiments are made on.")
    return digest(git("rev-parse", *(f"HEAD:{place}" for place in PLACES)))


def done(wanted: Iterable[Experiment], held: str) -> dict[str, str]:
    """Find the experiments that need not be run again.

    Args:
        wanted: The experiments.
        held: What the repository holds, as `code` tells it.

    Returns:
        The commit of each that is done, by name. Those of earlier commits count as long as nothing changed for them.
    """
    lines = git("for-each-ref", "--format=%(objectname) %(contents:subject)", REFERENCES).splitlines()
    found = {text: commit for commit, _, text in (line.partition(" ") for line in lines)}
    versions = {one.name: one.version(held) for one in wanted}
    return {name: found[version] for name, version in versions.items() if version in found}


def forget(names: Iterable[str]) -> None:
    """Remove experiments of this commit, so that others can take their names."""
    head = git("rev-parse", "HEAD")
    for name in names:
        reference = f"{REFERENCES}/{head[:2]}/{head[2:]}/{name}"
        if git("for-each-ref", reference):
            git("update-ref", "-d", reference)


def read(commit: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Read files that an experiment made, from DVC's cache.

    Args:
        commit: The experiment's.
        paths: In the repository.
    """
    from dvc.api import DVCFileSystem  # type: ignore[import-untyped]  # takes a second

    files = DVCFileSystem(".", rev=commit)
    found = {}
    for path in paths:
        with files.open(path, "rb") as file:
            found[path] = file.read()
    return found


def git(*words: str) -> str:
    """Run git, and give what it says.

    Raises:
        DataError: It failed.
    """
    result = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    if result.returncode:
        raise DataError(f"`git {' '.join(words)}` failed: {result.stderr.strip()}")
    return result.stdout.strip()
