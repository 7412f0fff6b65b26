"""Lists of DeeperForensics-1.0: official splits, videos of a variant, and the distortions added to each."""

import re
from collections.abc import Iterator
from pathlib import Path

from unmask.errors import warn
from unmask.index.files import read_text
from unmask.index.layout import Rules

SPLITS = ("train", "val", "test")
# Saturation, contrast, blocks, noise, blur, JPEG and video compression (perturbation/ARGUMENTS.md).
DISTORTION = re.compile(r"(CS|CC|BW|GNC|GB|JPEG|VC):([1-5])")
UNDISTORTED = ("end_to_end", "reenact_postprocess")
VARIANTS = "manipulated_videos_lists/manipulated_videos_{}_list.txt"
DISTORTIONS = "manipulated_videos_distortions_meta/manipulated_videos_{}_meta.txt"


def read_splits(folder: Path, name: re.Pattern[str], rules: Rules) -> dict[str, str]:
    """Read the official splits, which hold for all variants.

    Returns:
        Split of each name of a video; none if there are no lists.

    Raises:
        LayoutError: One of the three lists is missing, or a line is not in its form.
    """
    split_of: dict[str, str] = {}
    if not folder.is_dir():
        warn(f"{folder} is missing: without the official train.txt, val.txt and test.txt, identities are dealt.")
        return split_of
    for split in SPLITS:
        file = folder / f"{split}.txt"
        for place, video, rest in _lines(file, "the official splits are train.txt, val.txt and test.txt", name, rules):
            if rest:
                rules.broken("row", place, "there should be nothing after the name.")
            elif video in split_of:
                rules.broken("duplicate", place, f"{video} stands in {split_of[video]}.txt already.")
            else:
                split_of[video] = split
    return split_of


def read_variant(lists: Path, variant: str, name: re.Pattern[str], rules: Rules) -> tuple[Path, set[str]] | None:
    """Read the list of a variant's videos.

    Returns:
        The file and the names of videos in it; None if there is no list.
    """
    file, found = lists / VARIANTS.format(variant), set[str]()
    if not file.is_file():
        return None
    for place, video, rest in _lines(file, "", name, rules, variant):
        if rest:
            rules.broken("row", place, "there should be nothing after the path.")
        elif video in found:
            rules.broken("duplicate", place, f"{video} stands there twice.")
        found.add(video)
    return file, found


def read_distortions(lists: Path, variant: str, name: re.Pattern[str], rules: Rules) -> dict[str, dict[str, str]]:
    """Read which distortions were added to each video of a variant, in their order.

    Returns:
        Attributes `distortion` (types) and `distortion_level`, joined by `+`, by the video's name.
    """
    file = lists / DISTORTIONS.format(variant)
    found: dict[str, dict[str, str]] = {}
    if variant in UNDISTORTED:
        return found
    if not file.is_file():
        warn(f"{file} is missing: which distortions the videos of {variant} have is not known.")
        return found
    for place, video, rest in _lines(file, "", name, rules, variant):
        matches = [DISTORTION.fullmatch(word) for word in rest]
        types = [match[1] for match in matches if match]
        levels = [match[2] for match in matches if match]
        if video in found:
            rules.broken("duplicate", place, f"{video} stands there twice.")
        elif len(types) < len(matches) or not _fits(variant, levels):
            rules.broken("row", place, f"`{' '.join(rest)}` should be {_form(variant)}.")
        else:
            found[video] = {"distortion": "+".join(types), "distortion_level": "+".join(levels)}
    return found


def _lines(
    file: Path, need: str, name: re.Pattern[str], rules: Rules, variant: str = ""
) -> Iterator[tuple[str, str, list[str]]]:
    """Read lines that begin with a video, by its name or path, of a certain variant if it is a path.

    Yields:
        Place for messages, name of the video, further words.
    """
    for number, line in enumerate(read_text(file, need).splitlines(), start=1):
        if not line.strip():
            continue
        place, (path, *rest) = f"{file}, line {number}", line.split()
        clean = rules.below(place, path)
        if clean is None:
            continue
        *folders, video = clean.split("/")
        if not name.fullmatch(video) or (variant and folders and folders[-1] != variant):
            where = f" in a folder {variant}" if variant else ""
            rules.broken("row", place, f"`{path}` should be a video <target>_<actor>.mp4{where}.")
        else:
            yield place, video, rest


def _fits(variant: str, levels: list[str]) -> bool:
    """Check number and level of distortions against the name of the variant."""
    mixed = re.fullmatch(r"end_to_end_mix_(\d)_distortions", variant)
    level = variant.removeprefix("end_to_end_level_")
    return len(levels) == (int(mixed[1]) if mixed else 1) and (level == variant or levels == [level])


def _form(variant: str) -> str:
    return f"the distortions of {variant}, each <CS, CC, BW, GNC, GB, JPEG or VC>:<level from 1 to 5>"
