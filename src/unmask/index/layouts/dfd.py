"""DeepFakeDetection: 28 actors in 16 scenes, hosted with FaceForensics++ (https://github.com/ondyari/FaceForensics).

Rule that can be tolerated: `name` (a video that is not in the official form). The data set has no official split.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, REAL, Entry, key
from unmask.index.layout import Layout, Rules, compare
from unmask.index.layouts.faceforensics import nothing

METHOD = "DeepFakeDetection"
# A scene may hold anything but the two underscores that end it.
SCENE = r"(?P<scene>(?:(?!__)[^/])+)"
REAL_NAME = re.compile(rf"(?P<target>\d\d)__{SCENE}\.mp4", re.ASCII)
FAKE_NAME = re.compile(rf"(?P<target>\d\d)_(?P<source>\d\d)__{SCENE}__[A-Z0-9]{{8}}\.mp4", re.ASCII)
PUBLISHED = {"actors": 363, METHOD: 3068}


class Options(Layout):
    """Which copy of the videos is read.

    Attributes:
        compression: `raw`, or H.264 with quantiser 23 or 40.
    """

    layout: Literal["dfd"]
    compression: Literal["raw", "c23", "c40"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the actors' videos and their forgeries, below the root of FaceForensics++ or of a download of this part.

    Raises:
        LayoutError: A name is not in the official form, or there is no video of this compression.
    """
    rules, compression = Rules(options), options.compression
    real_folder = f"original_sequences/actors/{compression}/videos"

    def entry(path: str, match: re.Match[str]) -> Entry:
        parts = match.groupdict()
        fake = "source" in parts
        names = tuple(f"dfd:{parts[part]}" for part in ("target", "source") if part in parts)
        return Entry(
            path=path,
            label=FAKE if fake else REAL,
            method=METHOD if fake else "",
            compression=compression,
            identities=names,
            cluster=names[0],
            # The same actor in the same scene; one scene gave several fakes with different faces.
            pair=key(corpus, f"{real_folder}/{parts['target']}__{parts['scene']}.mp4") if fake else None,
            split=None,
            attributes={"scene": parts["scene"]},
        )

    reals = rules.named(root, real_folder, REAL_NAME, "<actor>__<scene>.mp4")
    form = "<target>_<source>__<scene>__<8 letters or digits>.mp4"
    fakes = rules.named(root, f"manipulated_sequences/{METHOD}/{compression}/videos", FAKE_NAME, form)
    entries = [entry(*found) for videos in (reals, fakes) for found in videos]
    if not entries:
        raise LayoutError(nothing(root, compression, f"original_sequences/actors and manipulated_sequences/{METHOD}"))
    compare(root, Counter(entry.method or "actors" for entry in entries), PUBLISHED)
    rules.tell(root)
    return entries
