"""UADFV: 49 videos from YouTube and a FakeApp forgery of each (https://arxiv.org/abs/1811.00661).

Rule that can be tolerated: `name` (a video that is not in the official form). The data set has no official split.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Literal

from unmask.index.entry import FAKE, REAL, Entry, key
from unmask.index.layout import Layout, Rules, compare

METHOD = "FakeApp"
REAL_NAME = re.compile(r"([^/]+(?<!_fake))\.mp4")
FAKE_NAME = re.compile(r"([^/]+)_fake\.mp4")
PUBLISHED = {"real": 49, "fake": 49}


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["uadfv"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos; a fake is named after the video it was made from, and who lent the face is not said.

    Raises:
        LayoutError: A name is not in the official form.
    """
    rules = Rules(options)

    def entry(path: str, stem: str, label: int) -> Entry:
        name, pair = f"uadfv:{stem}", key(corpus, f"real/{stem}.mp4")
        fake = label == FAKE
        return Entry(path, label, METHOD if fake else "", "", (name,), name, pair if fake else None, None)

    entries = [entry(path, match[1], REAL) for path, match in rules.named(root, "real", REAL_NAME, "<stem>.mp4")]
    fakes = rules.named(root, "fake", FAKE_NAME, "<stem>_fake.mp4")
    entries += [entry(path, match[1], FAKE) for path, match in fakes]
    compare(root, Counter("fake" if entry.label == FAKE else "real" for entry in entries), PUBLISHED)
    rules.tell(root)
    return entries
