"""What folders of DF40 mean: its methods, and the label, origin and people of a folder of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unmask.index.entry import FAKE, REAL
from unmask.index.layout import Rules
from unmask.index.names import Named, celeb_df, faceforensics

FF, CDF = "ff", "cdf"
# Folders of the methods, by family.
FAMILIES = {
    "FS": "fsgan faceswap simswap inswap blendface uniface mobileswap e4s facedancer deepfacelab",
    "FR": "fomm facevid2vid wav2lip MRAA one_shot_free pirender tpsm lia danet sadtalker mcnet hyperreenact heygen",
    "EFS": "VQGAN StyleGAN2 StyleGAN3 StyleGANXL sd2.1 ddim RDDM pixart DiT SiT MidJourney whichfaceisreal",
    "FE": "CollabDiff e4e stargan starganv2 styleclip",
}
METHODS = {method: family for family, methods in FAMILIES.items() for method in methods.split()}
UNKNOWN_DOMAIN = frozenset(
    ["deepfacelab", "heygen", "MidJourney", "whichfaceisreal", "CollabDiff", "e4e", "stargan", "starganv2", "styleclip"]
)
# Other spellings in archives and in the authors' lists.
ALIASES = {"heygen_new": "heygen", "whichisreal": "whichfaceisreal", "stargan2": "starganv2"}
SPELLINGS = {method.lower(): method for method in METHODS} | ALIASES
LABELS = {"real": REAL, "fake": FAKE}
# Folders that say nothing of their own.
SILENT = ("frames", "inversions")
POOLS = ("celeb-real", "youtube-real")
WITHOUT_FACES = ("landmarks", "masks", "__macosx")


@dataclass(frozen=True)
class Place:
    """What a path says.

    Attributes:
        label: 0 real, 1 fake.
        pool: Where the faces come from: `ff`, `cdf` or the name of a method that has its own.
        video: Name of the video; empty for a folder of single pictures.
        single: Whether it is one picture of such a folder.
    """

    label: int
    pool: str
    video: str
    single: bool = False


def method_of(folder: str) -> str | None:
    """Find the method that a folder is named after.

    Example:
        >>> method_of("heygen_new"), method_of("stylegan2"), method_of("other")
        ('heygen', 'StyleGAN2', None)
    """
    return SPELLINGS.get(folder.lower())


def parse(place: Path, path: str, method: str, split: str, rules: Rules) -> Place | None:
    """Read the path of a folder of pictures below the folder of a method.

    Args:
        place: The folder, for messages.
        path: Its path below the method's folder.
        method: The method.
        split: `train` or `test`; in train there is domain ff alone, which no folder names.
        rules: What to do with a folder that is not as the authors made it.

    Returns:
        What it says; None if it holds no faces, or breaks a rule that is tolerated.
    """
    pool, labels, video = FF if split == "train" else "", set(), list[str]()
    for part in filter(None, path.split("/")):
        low = part.lower()
        if low in WITHOUT_FACES:
            return None
        if low in (FF, CDF) and not video:
            pool = low
        elif low in LABELS and not video:
            labels.add(LABELS[low])
        elif low not in SILENT and low.removeprefix("fake_from_") not in POOLS and method_of(part) != method:
            video.append(part)
    if len(labels) > 1 or (labels == {REAL} and method not in UNKNOWN_DOMAIN):
        rules.broken("label", place, f"is this real or fake? {method} has {_form(method)}.")
        return None
    if len(video) > 1 or not (pool or labels):
        rules.broken("name", place, f"pictures of {method} lie in {_form(method)}.")
        return None
    return Place(labels.pop() if labels else FAKE, pool or method, "".join(video))


def people(place: Place, method: str, pictures: Sequence[str]) -> Named | None:
    """Find who is in the pictures of a folder, by its name, or else by the names of the pictures.

    Whole faces made up for a domain bear the id that they stand for, and so go where it goes. Where a method has reals
    of its own, real and fake of one name belong together, but not where the fakes are made up from nothing.

    Returns:
        Identities, and the name of the real video; None if nobody is named.
    """
    if place.single or place.pool not in (FF, CDF):
        made_up = METHODS[method] == "EFS"
        between = ("real", "fake")[place.label] if made_up else place.pool.removeprefix(method)
        name = "/".join(filter(None, (method, between, place.video)))
        return Named((f"df40:{name}",), name)
    by_name = faceforensics if place.pool == FF else celeb_df
    if named := by_name(place.video):
        return named
    all_named = [named for named in map(celeb_df, pictures) if named] if place.pool == CDF else []
    if len(all_named) < len(pictures) or not all_named:
        return None
    return Named(tuple(dict.fromkeys(name for named in all_named for name in named.people)), all_named[0].real)


def _form(method: str) -> str:
    if method in UNKNOWN_DOMAIN:
        return f"{method}/<real or fake>/[frames/][<video>/]<picture>"
    return f"{method}/<ff or cdf>/[frames/]<video>/<picture>"
