"""The base of every layout's options, and the rules that a layout holds a data set to."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from unmask.errors import LayoutError, few, warn
from unmask.index.entry import videos_below
from unmask.params import Section

# Rules that can be broken: a name that is not in the official form; a line, row or entry of a metadata file that is
# not; something listed twice; a label that contradicts the folder; a path that leaves the root; a listed file that is
# not there, or a file that no list names.
Rule = Literal["name", "row", "duplicate", "label", "path", "listed"]


class Layout(Section):
    """Options of a layout; a subclass narrows `layout` to its own name and adds fields.

    Attributes:
        layout: Name of the module below `unmask.index.layouts`.
        tolerate: Rules of which a breach is no error: what breaks them is skipped and counted in a warning.
    """

    layout: str
    tolerate: tuple[Rule, ...] = ()

    def check_beside(self, corpora: Mapping[str, "Layout"]) -> None:
        """Check the options against the other corpora of `params.yaml`.

        Raises:
            ValueError: An option names another corpus that is not what it should be.
        """


class Rules:
    """Holds one data set to its rules: an error at the first breach, or a counted warning where that is tolerated."""

    def __init__(self, options: Layout) -> None:
        """Take the rules that may be broken from the layout's options."""
        self._tolerated = frozenset(options.tolerate)
        self._broken: dict[Rule, list[str]] = defaultdict(list)

    def broken(self, rule: Rule, place: Path | str, text: str) -> None:
        """Report a breach; when this returns, the caller leaves the offender out.

        Args:
            rule: Which rule.
            place: File, with line or key where there is one.
            text: What is wrong and what would be right.

        Raises:
            LayoutError: The rule is not tolerated.
        """
        if rule not in self._tolerated:
            raise LayoutError(f"{place}: {text} (`tolerate: [{rule}]` in the corpus' options skips such and counts.)")
        self._broken[rule].append(str(place))

    def tell(self, root: Path) -> None:
        """Warn of what was left out, one line for each rule."""
        for rule, places in self._broken.items():
            warn(f"{root}: {len(places)} left out by `tolerate: [{rule}]`: {few(places)}.")

    def named(self, root: Path, folder: str, name: re.Pattern[str], form: str) -> Iterator[tuple[str, re.Match[str]]]:
        """Find the videos in a folder, all of which must have the official form of a name; others break `name`.

        Args:
            root: The corpus' root.
            folder: A folder below it.
            name: Matches the whole path below the folder.
            form: The same for people.

        Yields:
            Paths below the root, forward slashes, sorted, and what their names match.

        Raises:
            LayoutError: A name is not in the form, and that is not tolerated.
        """
        for path in videos_below(root, folder):
            if match := name.fullmatch(path.removeprefix(f"{folder}/")):
                yield path, match
            else:
                self.broken("name", root / path, f"videos in {folder} are named {form}.")

    def below(self, place: Path | str, path: str) -> str | None:
        """Check a path found inside a metadata file.

        Args:
            place: Where it was found.
            path: A path that must lie below the root; back slashes count as slashes.

        Returns:
            The path with forward slashes, or None if it leaves the root and that is tolerated.

        Raises:
            LayoutError: It is empty, absolute or has `..`, and that is not tolerated.
        """
        clean = PurePosixPath(path.replace("\\", "/"))
        drive = clean.parts[0][1:2] == ":" if clean.parts else False
        if not clean.parts or clean.is_absolute() or ".." in clean.parts or drive or "\0" in path:
            self.broken("path", place, f"the path `{path}` must lie below the root, without a leading `/` and `..`.")
            return None
        return clean.as_posix()


def compare(root: Path, found: Mapping[str, int], published: Mapping[str, int]) -> None:
    """Warn, in one line, of all numbers that differ from what the authors published.

    Args:
        root: The corpus' root, for the message.
        found: Number of videos of each part.
        published: The same as published; parts that the user did not download may be left out by the caller.
    """
    odd = [
        f"{part} {found.get(part, 0):,} of {count:,}"
        for part, count in published.items()
        if found.get(part, 0) != count
    ]
    if odd:
        warn(f"{root} is not the whole data set as published: {'; '.join(odd)}.")
