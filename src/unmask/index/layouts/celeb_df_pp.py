"""Celeb-DF++: the real videos of Celeb-DF v2 and 22 methods of forging them (https://github.com/OUC-VAS/Celeb-DF-PP).

The people, the real videos and the fakes of `FaceSwap/Celeb-DF` are those of Celeb-DF v2, hence the same names; some
methods deliver videos that are cropped to the face already. Rules that can be tolerated: those of `celeb_df`; a method
that is unknown breaks `name`.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from unmask.index.entry import Entry
from unmask.index.layout import Layout, Rules
from unmask.index.layouts.celeb_df import FAKES, METHOD, TESTED, fake, read_list, reals, tell

# The fakes of Celeb-DF v2; the authors' README and the archive call the folder differently.
OLD = ("Celeb-DF", "Celeb-DF-v2")
METHODS = {
    "FaceSwap": (*OLD, "BlendFace", "GHOST", "HifiFace", "InSwapper", "MobileFaceSwap", "SimSwap", "UniFace"),
    "FaceReenact": ("DaGAN", "FSRT", "HyperReenact", "LIA", "LivePortrait", "MCNET", "TPSMM"),
    "TalkingFace": ("AniTalker", "EchoMimic", "EDTalk", "FLOAT", "IP_LAP", "Real3DPortrait", "SadTalker"),
}


def _in(*categories: str) -> str:
    """Give a pattern of the folders of all methods of some categories, as one group."""
    return f"({'|'.join(f'{category}/{name}' for category in categories for name in METHODS[category])})"


# A talking face has one person, and the name of the clip that drives it.
FAKE_NAME = re.compile(
    rf"{_in('FaceSwap', 'FaceReenact')}/(id\d+)_(id\d+)_(\d{{4}})\.mp4|"
    rf"{_in('TalkingFace')}/(id\d+)_(\d{{4}})_[^/]+\.mp4",
    re.ASCII,
)
FAKE_FORM = (
    "<category>/<method>/id<p>_id<q>_<NNNN>.mp4, or TalkingFace/<method>/id<p>_<NNNN>_<driving clip>.mp4, with the "
    f"methods {'; '.join(f'{category}: ' + ', '.join(names) for category, names in METHODS.items())}"
)
# Of the list: the reals and swaps of v2's list, 200 of each other method, 300 of each that makes faces talk. The README
# gives no totals of the folders; that of all fakes is what its users count.
TOTALS = {"Celeb-real": 590, "YouTube-real": 300, FAKES: 53196}
PUBLISHED = TOTALS | {TESTED: 178 + 340 + 7 * 200 + 7 * 200 + 7 * 300}


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["celeb_df_pp"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos; those of the official list are the test split, all others have none.

    Raises:
        LayoutError: A method or a name is unknown, or the list is missing or contradicts the folders.
    """
    rules = Rules(options)
    tested, contradicted = read_list(root, rules)
    entries = list(reals(root, rules, tested))
    for path, match in rules.named(root, FAKES, FAKE_NAME, FAKE_FORM):
        folder, *parts = filter(None, match.groups())
        category, _, name = folder.partition("/")
        entry = fake(corpus, path, METHOD if name in OLD else name, parts, tested)
        entries.append(replace(entry, attributes={"category": category}))
    entries = [entry for entry in entries if entry.path not in contradicted]
    tell(root, entries, tested, PUBLISHED, rules)
    return entries
