"""From which YouTube video each sequence of FaceForensics++ was cut, so that parts of one video are known as such."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from unmask.errors import LayoutError
from unmask.index.files import read_json
from unmask.index.layout import Rules

# The 22 videos that gave more than one of the 1,000 sequences (conversion_dict.json of the data set's repository,
# https://github.com/ondyari/FaceForensics/tree/master/dataset). Sequences of one video have numbers in a row.
CUT_TWICE = {
    "R03Sko97IDE": ("331", "332"),
    "j8iHnieUckQ": ("524", "525"),
    "lBZ3BR1tbfo": ("566", "567"),
    "nUNnFudF2pA": ("605", "606"),
    "nmfPtUu2nSM": ("614", "615"),
    "nwY9bp4pVHk": ("618", "619"),
    "pGmDKODT6V4": ("639", "640"),
    "r2T0mn64MAU": ("685", "686", "687"),
    "tR7z_H1qPMc": ("755", "756"),
    "tuAgtClLSxE": ("766", "767"),
    "u1L10BSRzVs": ("769", "770"),
    "ukdxw_rACaw": ("787", "788"),
    "wERnQNuwQbM": ("837", "838"),
    "xG9J__APvnY": ("875", "876"),
    "xQi1olDt7oo": ("883", "884"),
    "ydPPnou6Frs": ("937", "938"),
    "yjsNEL7DQuY": ("942", "943"),
    "yvf0HOswcPk": ("954", "955"),
    "z4yTbtJTlE0": ("967", "968"),
    "zD4gR7-ZMhE": ("973", "974"),
    "zPdvu-SUnbg": ("982", "983"),
    "ze1aB8sjnvY": ("993", "994"),
}
KNOWN: Mapping[str, str] = {number: video for video, numbers in CUT_TWICE.items() for number in numbers}
NAMES = ("FaceForensics_conversion_dict.json", "conversion_dict.json")


def sources(numbers: Iterable[str], video_of: Mapping[str, str] = KNOWN) -> tuple[str, ...]:
    """Give the sources of a video made of sequences of FaceForensics++.

    Args:
        numbers: Numbers of the sequences, three digits each.
        video_of: YouTube's id of each sequence, as far as it is known.

    Returns:
        Names `youtube:<id>`.

    Example:
        >>> sources(["071", "606"])
        ('youtube:nUNnFudF2pA',)
    """
    return tuple(f"youtube:{video_of[number]}" for number in numbers if number in video_of)


def read_conversion(root: Path, rules: Rules) -> Mapping[str, str]:
    """Read which YouTube video each sequence comes from, if the data set's list lies in the root or in `dataset/`.

    Returns:
        YouTube's ids by the sequences' numbers: of all that are listed, and always of those that share a video.

    Raises:
        LayoutError: The list is not in its form, or contradicts what is known.
    """
    files = (root / folder / name for folder in ("", "dataset") for name in NAMES)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return KNOWN
    listed = read_json(file, "", rules)
    if not isinstance(listed, dict):
        raise LayoutError(f'{file}: this should be one object, such as {{"000": "--b1Ua-kWJE 0"}}.')
    video_of = dict(KNOWN)
    for number, cut in listed.items():
        # YouTube's id has eleven letters; the last number counts the sequences of one video.
        form = re.fullmatch(r"([\w-]{11}) \d+", cut, re.ASCII) if isinstance(cut, str) else None
        place = f"{file}, key `{number}`"
        if form is None or re.fullmatch(r"\d{3}", number, re.ASCII) is None:
            rules.broken("row", place, f'`{cut}` of `{number}` should be as in "000": "--b1Ua-kWJE 0".')
        elif (known := video_of.setdefault(number, form[1])) != form[1]:
            rules.broken("row", place, f"the sequence comes from {known}, not from {form[1]}.")
    return video_of
