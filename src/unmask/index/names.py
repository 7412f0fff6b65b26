"""Who is in a video, by the name that its data set gives it; collections of pictures keep these names as folders."""

import re
from dataclasses import dataclass

FACEFORENSICS = re.compile(r"(\d{3})(?:_(\d{3}))?(?!\d).*", re.ASCII)
CELEB_DF = re.compile(r"(?:.*?_)??(id\d+)(?:_(id\d+))?_(\d{4})(?!\d).*", re.ASCII)
YOUTUBE = re.compile(r"(?:.*?_)??(\d{5})(?!\d).*", re.ASCII)
DFD = re.compile(r"(\d\d)(?:_(\d\d))?__(\w+?)(?:__(\w{8}))?", re.ASCII)

DFDC_PREVIEW = re.compile(r"(?:(\d+)_)?((\d+)_[A-Z]+_\d+)", re.ASCII)
DEEPERFORENSICS = re.compile(r"(\d{3})_([MW]\d{3})", re.ASCII)


@dataclass(frozen=True)
class Named:
    """What a name tells.

    Attributes:
        people: Names `<namespace>:<name>`, the target first.
        real: Name of the real video that a fake was made from; of a real video, its own.
    """

    people: tuple[str, ...]
    real: str


def faceforensics(name: str) -> Named | None:
    """Read `<target>`, `<target>_<source>` and what methods append to these.

    Example:
        >>> faceforensics("000_003")
        Named(people=('faceforensics:000', 'faceforensics:003'), real='000')
        >>> faceforensics("0001") is None
        True
    """
    match = FACEFORENSICS.fullmatch(name)
    return Named(_people("faceforensics", match[1], match[2]), match[1]) if match else None


def celeb_df(name: str) -> Named | None:
    """Read `id<p>_<NNNN>`, `id<p>_id<q>_<NNNN>` and, of YouTube-real, `<NNNNN>`, also where words stand before.

    Example:
        >>> celeb_df("id0_id16_0003")
        Named(people=('celeb_df:id0', 'celeb_df:id16'), real='id0_0003')
        >>> celeb_df("Celeb-real_id13_0011_045").real
        'id13_0011'
        >>> celeb_df("00170").people
        ('celeb_df:youtube-00170',)
    """
    if match := CELEB_DF.fullmatch(name):
        return Named(_people("celeb_df", match[1], match[2]), f"{match[1]}_{match[3]}")
    match = YOUTUBE.fullmatch(name)
    return Named(_people("celeb_df", f"youtube-{match[1]}", None), match[1]) if match else None


def dfd(name: str) -> Named | None:
    """Read `<actor>__<scene>` and `<target>_<source>__<scene>__<8 characters>` of DeepFakeDetection.

    Example:
        >>> dfd("24_23__outside_talking__YR5OVD4S")
        Named(people=('dfd:24', 'dfd:23'), real='24__outside_talking')
    """
    match = DFD.fullmatch(name)
    return Named(_people("dfd", match[1], match[2]), f"{match[1]}__{match[3]}") if match else None


def deeperforensics(name: str) -> Named | None:
    """Read `<target>_<source>` of DeeperForensics: an id of FaceForensics++ and an actor.

    Example:
        >>> deeperforensics("000_M101").people
        ('faceforensics:000', 'deeperforensics:M101')
    """
    match = DEEPERFORENSICS.fullmatch(name)
    return Named((f"faceforensics:{match[1]}", f"deeperforensics:{match[2]}"), match[1]) if match else None


def dfdc(name: str) -> Named:
    """Read a video of DFDC outside of its parts, whose name is that of nobody else.

    Example:
        >>> dfdc("aagfhgtpmv").people
        ('dfdc:aagfhgtpmv',)
    """
    return Named((f"dfdc:{name}",), name)


def dfdc_preview(name: str) -> Named | None:
    """Read `<target>_<letter>_<NNN>` and `<swapped>_<target>_<letter>_<NNN>` of the DFDC Preview.

    Example:
        >>> dfdc_preview("2059066_1795659_B_001")
        Named(people=('dfdc_preview:1795659', 'dfdc_preview:2059066'), real='1795659_B_001')
    """
    match = DFDC_PREVIEW.fullmatch(name)
    return Named(_people("dfdc_preview", match[3], match[1]), match[2]) if match else None


def uadfv(name: str) -> Named:
    """Read `<stem>` and `<stem>_fake` of UADFV.

    Example:
        >>> uadfv("0001_fake")
        Named(people=('uadfv:0001',), real='0001')
    """
    stem = name.removesuffix("_fake")
    return Named((f"uadfv:{stem}",), stem)


def _people(namespace: str, target: str, source: str | None) -> tuple[str, ...]:
    return tuple(f"{namespace}:{name}" for name in (target, source) if name)
