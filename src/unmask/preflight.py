"""What can be checked before hours of work: parameters, recipes, weights, and that every corpus is there."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from unmask import params
from unmask.errors import UnmaskError

RAW = Path("data/00_raw")
KEPT = Path("data/kept_splits.csv")


def mistakes() -> list[str]:
    """Find every mistake that can be found without reading a video.

    Returns:
        One message each, which says what is wrong, where, and what would be right; empty when all is well.
    """
    written = params.read_yaml(params.FILE)
    missing = sorted({*params.names()} - written.keys())
    found = [said for name in missing for said in _said(_load(name))]
    found += [said for name in written for said in _said(_load(name))]
    if not found:
        sections: dict[str, Any] = {name: params.load(name) for name in written}
        found += _said(partial(_weights, sections["detect"].detector))
        entries: dict[str, Any] = {}
        found += _corpora(sections, entries)
        found += [said for name in written["recipes"] for said in _recipe(name, sections, entries)]
    return list(dict.fromkeys(found))


def _weights(detector: Any) -> None:
    """Check the file of weights that a face detector names, if it names one."""
    from unmask.detect.weights import read

    if (file := getattr(detector, "weights", "download")) != "download":
        read(Path(file), detector.sha256)


def _load(name: str) -> Callable[[], object]:
    return lambda: params.load(name)


def _corpora(sections: Mapping[str, Any], entries: dict[str, Any]) -> list[str]:
    """Look at every corpus that is not rendered; what was found of each is put into `entries`."""
    from unmask.split.kept import read_kept

    corpora, rendered = list(sections["corpora"].root), sections["rendered"].root
    found = list(_said(partial(read_kept, KEPT))) if KEPT.exists() else []
    for name in ("corpora", "recipes"):
        if not sections[name].root:
            found.append(str(params.placed(params.FILE, f"`{name}` is empty; it must name one at least.")))
    for name in rendered:
        if name not in sections["render"].root:
            said = f"`rendered` names `{name}`, but `render` says nothing of it."
            found.append(str(params.placed(params.FILE, said)))
    for name in corpora:
        if name not in rendered:
            found += _said(partial(_look, name, sections["corpora"].root[name], entries))
    return found + _splits(sections, entries)


def _look(name: str, layout: Any, entries: dict[str, Any]) -> None:
    from unmask.index.step import videos_of

    entries[name] = videos_of(RAW / name, name, layout)


def _splits(sections: Mapping[str, Any], entries: Mapping[str, Any]) -> list[str]:
    """Check what `split` names; methods only if every corpus could be looked at."""
    from unmask.rehearse import validates
    from unmask.split.sources import check_names

    corpora, methods = list(sections["corpora"].root), None
    if set(entries) == set(corpora):
        named = {(name, entry.method) for name, videos in entries.items() for entry in videos.values() if entry.method}
        methods = {method for _, method in named} | {f"{name}/{method}" for name, method in named}
    found = list(_said(lambda: check_names(corpora, sections["split"], methods))) if corpora else []
    return found or list(_said(partial(validates, sections, entries)))


def _recipe(name: str, sections: Mapping[str, Any], entries: Mapping[str, Any]) -> Iterator[str]:
    from unmask.rehearse import checks

    try:
        for one in checks(Path(f"recipes/{name}.yaml"), sections, entries):
            yield from _said(one)
    except UnmaskError as error:
        yield from str(error).splitlines()


def _said(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except UnmaskError as error:
        yield from str(error).splitlines()
