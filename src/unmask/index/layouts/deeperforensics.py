"""DeeperForensics-1.0: faces of actors put into the videos of FaceForensics++, then distorted.

The form is that of https://github.com/EndlessSora/DeeperForensics-1.0 (dataset/README.md):

    [DeeperForensics-1.0/]manipulated_videos/<variant>/<target>_<actor>.mp4
    [DeeperForensics-1.0/]lists/
        splits/{train,val,test}.txt                                                 <target>_<actor>.mp4
        manipulated_videos_lists/manipulated_videos_<variant>_list.txt              path of a video
        manipulated_videos_distortions_meta/manipulated_videos_<variant>_meta.txt   path TYPE:LEVEL TYPE:LEVEL ...

The real class are the targets: FaceForensics++ in c23, which the data set does not hold; the option `faceforensics`
names the corpus that does, and `split` borrows its videos. `source_videos`, in which actors lend their faces in a
studio, are not the real class and are not read. The targets are not distorted, so in all variants but `end_to_end` and
`reenact_postprocess` a distortion tells a fake. Lists may be missing; splits that do are dealt.

Rules that can be tolerated: `name` (a video that is not in the official form), and of the lists `row` (a line that is
not in its form or not of this variant), `path` (a path that leaves the root), `duplicate` (a video that stands there
twice), `listed` (a video that the list of its variant does not name).
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from unmask.errors import LayoutError, few, warn
from unmask.index.deeper_lists import read_distortions, read_splits, read_variant
from unmask.index.entry import FAKE, Entry, key
from unmask.index.layout import Layout, Rules, compare
from unmask.index.layouts.faceforensics import real_folder
from unmask.index.metadata import base, check_listed

COMPRESSION = "c23"
NAME = re.compile(r"(\d{3})_([MW]\d{3})\.mp4", re.ASCII)
GENDERS = {"M": "men", "W": "women"}
PUBLISHED = 1000
PUBLISHED_SPLITS = {"train.txt": 703, "val.txt": 96, "test.txt": 201}

Variant = Literal[
    "end_to_end",
    "end_to_end_level_1",
    "end_to_end_level_2",
    "end_to_end_level_3",
    "end_to_end_level_4",
    "end_to_end_level_5",
    "end_to_end_random_level",
    "end_to_end_mix_2_distortions",
    "end_to_end_mix_3_distortions",
    "end_to_end_mix_4_distortions",
    "reenact_postprocess",
]


class Options(Layout):
    """Which fakes are read, and where their real videos are.

    Attributes:
        variants: Folders below `manipulated_videos`; they hold the same 1,000 swaps, distorted in different ways.
        faceforensics: Name of the corpus that is FaceForensics++ in c23.
    """

    layout: Literal["deeperforensics"]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    faceforensics: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", description="the name of a corpus")]

    @field_validator("variants")
    @classmethod
    def _once(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        if len(set(variants)) < len(variants):
            raise ValueError("must name each variant once")
        return variants

    def check_beside(self, corpora: Mapping[str, Layout]) -> None:
        """Check that the real videos are those that the fakes were made from."""
        lender = corpora.get(self.faceforensics)
        if lender is not None and (lender.layout, getattr(lender, "compression", "")) != ("faceforensics", COMPRESSION):
            raise ValueError(
                f"`faceforensics: {self.faceforensics}` must name a corpus with `layout: faceforensics, compression: "
                f"{COMPRESSION}`: those are the videos that DeeperForensics forged"
            )


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the fakes of the chosen variants; their pairs are real videos of the corpus that is FaceForensics++.

    Raises:
        LayoutError: A variant is missing, or a video or a list is not in the official form.
    """
    rules = Rules(options)
    prefix = base(root, ["DeeperForensics-1.0"], ["manipulated_videos"])
    split_of = read_splits(root / f"{prefix}lists/splits", NAME, rules)
    entries: list[Entry] = []
    for variant in options.variants:
        entries += _variant(root, prefix, variant, options.faceforensics, split_of, rules)
    _tell_targets(root, options.faceforensics, entries)
    found = Counter(entry.method for entry in entries) + Counter(f"{split}.txt" for split in split_of.values())
    compare(root, found, dict.fromkeys(options.variants, PUBLISHED) | (PUBLISHED_SPLITS if split_of else {}))
    rules.tell(root)
    return entries


def _variant(
    root: Path, prefix: str, variant: Variant, reals: str, split_of: dict[str, str], rules: Rules
) -> list[Entry]:
    folder = f"{prefix}manipulated_videos/{variant}"
    if not (root / folder).is_dir():
        others = sorted(path.name for path in (root / folder).parent.glob("*") if path.is_dir())
        raise LayoutError(
            f"{root / folder} is missing, but `variants` names it; there is {', '.join(others) or 'none'}."
        )
    videos = list(rules.named(root, folder, NAME, "<id of FaceForensics++>_<actor>.mp4, such as 000_M101.mp4"))
    if (listed := read_variant(root / f"{prefix}lists", variant, NAME, rules)) is not None:
        file, names = listed
        check_listed(root, file, [f"{folder}/{name}" for name in names], [path for path, _ in videos], rules)
        videos = [(path, match) for path, match in videos if match[0] in names]
    distortions = read_distortions(root / f"{prefix}lists", variant, NAME, rules)
    return [_entry(path, match, variant, reals, split_of, distortions.get(match[0], {})) for path, match in videos]


def _entry(
    path: str, match: re.Match[str], variant: str, reals: str, split_of: dict[str, str], distortion: dict[str, str]
) -> Entry:
    target, actor = f"faceforensics:{match[1]}", f"deeperforensics:{match[2]}"
    return Entry(
        path=path,
        label=FAKE,
        method=variant,
        compression=COMPRESSION,
        identities=(target, actor),
        cluster=target,
        pair=key(reals, f"{real_folder(COMPRESSION)}/{match[1]}.mp4"),
        split=split_of.get(match[0]),
        attributes={"gender": GENDERS[match[2][0]]} | distortion,
    )


def _tell_targets(root: Path, reals: str, entries: list[Entry]) -> None:
    """Warn of targets that the corpus of real videos does not hold, if it is there at all."""
    folder = root.parent / reals / real_folder(COMPRESSION)
    targets = {entry.cluster.removeprefix("faceforensics:") for entry in entries}
    if not (root.parent / reals).is_dir():
        warn(f"{root.parent / reals} is missing: it should hold the {len(targets)} real videos of this corpus.")
    elif absent := sorted(target for target in targets if not (folder / f"{target}.mp4").is_file()):
        warn(f"{folder} lacks {len(absent)} of {len(targets)} real videos of this corpus: {few(absent)}.")
