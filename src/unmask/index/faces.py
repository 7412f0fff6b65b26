"""Which folders below a root hold face pictures, for the layouts of corpora that come as such."""

import os
from collections.abc import Iterator
from pathlib import Path

from unmask.errors import LayoutError, refuse, warn
from unmask.folders import is_picture, natural


def folders_below(root: Path, folder: str) -> Iterator[tuple[str, list[str]]]:
    """Find the folders that directly hold pictures below a folder, at any depth, hidden ones left out.

    Yields:
        Path below the root with forward slashes, and the names of its pictures in order; sorted by path.

    Raises:
        LayoutError: A name is not UTF-8.
    """
    found, seen, odd = {}, set(), 0
    for place, folders, names in os.walk(root / folder, followlinks=True, onerror=refuse):
        here = Path(place)
        seen.add(here.resolve())
        # Links may lead back up.
        folders[:] = [f for f in folders if f[0] != "." and (here / f).resolve() not in seen]
        named = [name for name in names if is_picture(name)]
        held = [name for name in named if os.path.isfile(f"{place}/{name}")]  # noqa: PTH113, called a million times
        odd += len(named) - len(held)
        if held:
            found[here.relative_to(root).as_posix()] = sorted(held, key=natural)
    if odd:
        warn(f"{odd} pictures below {root / folder} are links to nothing or no files, and are skipped.")
    for path, held in found.items():
        if bad := next((name for name in (path, *held) if not name.isprintable()), None):
            raise LayoutError(f"{str(root / path)!r}: the name {bad!r} is not printable UTF-8; no table could hold it.")
    yield from sorted(found.items())
