"""The list of recipes that a person sees: a line for each file in `recipes/`, also for one that is broken."""

import re
from pathlib import Path
from textwrap import shorten

from unmask.errors import UnmaskError
from unmask.train.params import FOLDER

HEADER = ("recipe", "backbone", "size", "head", "what it is")
NARROWEST = 20


def listed(width: int) -> list[str]:
    """List all recipes.

    Args:
        width: Characters of a line; what a recipe is gets shortened to that, what is wrong with one does not.

    Returns:
        A head and one line for each recipe, in the order of their names.
    """
    found = {path.stem: _row(path) for path in sorted(FOLDER.glob("*.yaml"))}
    if not found:
        return [f"There is no recipe in {FOLDER}/; run this in the root of the repository."]
    rows = [HEADER, *(row for row in found.values() if isinstance(row, tuple))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER) - 1)]
    names = max(map(len, [HEADER[0], *found]))
    lines = [_line(row, [names, *widths[1:]], width) for row in rows]
    broken = [f"{name.ljust(names)}  {row}" for name, row in found.items() if isinstance(row, str)]
    return [lines[0], *sorted([*lines[1:], *broken])]


def first_words(text: str) -> str:
    r"""Give the first sentence of the comment that a recipe begins with.

    Example:
        >>> first_words("# A network\n# for phones. It is small.\n\nseed: 1\n")
        'A network for phones.'
    """
    comment = re.match(r"(?:#.*\n?)*", text)
    words = " ".join((comment[0] if comment else "").replace("#", " ").split())
    return re.split(r"(?<=[.:;]) ", words)[0]


def _row(path: Path) -> tuple[str, ...] | str:
    """Give the cells of a recipe, or the first of its mistakes."""
    # Not on top: they bring torch, which other commands do without.
    from unmask.probe.params import load as load_probes
    from unmask.train.recipe import load

    try:
        plan = load(path)
        load_probes(path)
    except UnmaskError as error:
        first, *others = str(error).splitlines()
        return f"error: {first}" + (f" (and {len(others)} more)" if others else "")
    head = plan.model.head.name + (", blend" if plan.blend != "none" else "")
    # The tag behind the dot says whose weights they are.
    backbone = plan.model.backbone.partition(".")[0]
    return path.stem, backbone, str(plan.input.size), head, first_words(path.read_text(encoding="utf-8"))


def _line(cells: tuple[str, ...], widths: list[int], width: int) -> str:
    start = "".join(cell.ljust(room + 2) for cell, room in zip(cells, widths, strict=False))
    return start + shorten(cells[-1], max(width - len(start), NARROWEST), placeholder=" ...")
