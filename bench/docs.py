"""What benchmarks write into pages of docs: each its own part, between two comments.

<!-- name: made by `command` -->

Tables and words.

<!-- end of name -->
"""

import re
import sys
import textwrap
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from unmask.errors import DataError

# Longest line of a page.
WIDTH = 120


def add_write(parser: ArgumentParser, name: str) -> None:
    """Add the option `--write`; a page without the part is an error before anything is measured."""

    def page(path: str) -> Path:
        try:
            _around(Path(path), name)
        except DataError as error:
            raise ArgumentTypeError(str(error)) from None
        return Path(path)

    parser.add_argument("--write", type=page, metavar="PAGE", help=f"page of which the part `{name}` is renewed")


def tell(text: str, name: str, path: Path | None) -> None:
    """Print what was measured, and renew its part of a page, if there is one to renew."""
    sys.stdout.write(f"{text}\n")
    if path:
        renew(path, name, text)


def renew(path: Path, name: str, text: str) -> None:
    """Renew one part of a page.

    Args:
        path: The page.
        name: Of the part, as the comments around it give it.
        text: What shall stand between them.

    Raises:
        DataError: There is no such page, or not exactly one such part.
    """
    before, after = _around(path, name)
    path.write_text(f"{before}\n{text}\n\n{after}", encoding="utf-8")


def _around(path: Path, name: str) -> tuple[str, str]:
    """Give what stands before and behind a part of a page, with the comments."""
    page = path.read_text(encoding="utf-8") if path.is_file() else None
    if page is None:
        raise DataError(f"{path} is not a file; `--write` takes a page of docs.")
    marks = rf"(?ms)^<!-- {re.escape(name)}: made by `[^`\n]+` -->\n(.*?)^<!-- end of {re.escape(name)} -->$"
    found = list(re.finditer(marks, page))
    if len(found) != 1:
        raise DataError(
            f"{path} needs two lines, `<!-- {name}: made by ... -->` with a command in backticks and "
            f"`<!-- end of {name} -->`, once, for the tables to stand between; it has {len(found)} such parts."
        )
    return page[: found[0].start(1)], page[found[0].end(1) :]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, the first column to the left.

    Example:
        >>> print(table(("", "ms"), [["read", "4.1"]]))
        |  | ms |
        | --- | ---: |
        | read | 4.1 |
    """
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def wrapped(text: str) -> str:
    """Write a paragraph."""
    return textwrap.fill(text, WIDTH)
