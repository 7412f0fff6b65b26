"""DF40: pictures of faces forged by 40 methods (https://github.com/YZY-stack/DF40, archives unpacked in one folder).

    DF40/<method>/{ff,cdf}/frames/<video>/<frame>.png          swaps and reenactments of FaceForensics++ and Celeb-DF
    DF40/<method>/ff/<video>/<frame>.png                       whole faces made up
    DF40/<method>/cdf/{Celeb-real,YouTube-real}/<video>/...    the same; folders may begin with `Fake_from_`
    DF40/<method>/{fake,real}/[frames/<video>/]<frame>.png     the nine methods of unknown domain, with their own reals
    DF40_train/<method>/[frames/]<video>/<frame>.png           fakes of the training ids of FaceForensics++
    FaceForensics++/original_sequences/youtube/c23/frames/<NNN>/<frame>.png                      reals of domain ff
    Celeb-DF-v2/{Celeb-real,YouTube-real}/frames/<video>/<frame>.png                             reals of domain cdf

Archives that hold their own name or label twice (`styleclip/styleclip`, `stargan/fake/fake`) are read as they are; so
is e4e, which comes as ff and cdf although it counts as unknown. Pictures that lie in no folder of a video are videos of
one picture each. Pictures in `landmarks` and `masks` are left out. DF40_train is train and all else is test, as there
is no list of validation videos (the authors' JSON repeats test); reals of domain ff go where the fakes of their ids go,
and so do the pictures of e4e that were made from these ids.

The authors' protocols are choices of corpora: each corpus is one domain and some methods or families, for instance
`domain: ff` with `methods: [FS]` to train on, and to test `domain: ff` with `[FR]` (protocol 1: same domain, other
forgeries), `domain: cdf` with `[FS]` (2: same forgery, other domain), `domain: unknown` (3: both are others).

Rules that can be tolerated: `name` (a folder that is no method, or a video that names nobody), `label` (`real` below
`fake`, or fakes of a known method called real), `listed` (an archive that is not unpacked).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from unmask.errors import LayoutError, warn
from unmask.index.df40 import CDF, FAMILIES, FF, METHODS, UNKNOWN_DOMAIN, Place, method_of, parse, people
from unmask.index.entry import FAKE, REAL, Entry, key_of
from unmask.index.faces import folders_below
from unmask.index.layout import Layout, Rules, compare


class Options(Layout):
    """Which part is read, and where the four archives lie below the root.

    Attributes:
        domain: Where the faces come from: ff, cdf, unknown (nine methods with their own reals) or all.
        methods: Methods or families (FS swaps, FR reenactments, EFS whole faces, FE edits); none means all.
        test: Folder of the test data.
        train: Folder of the training data.
        ff: Folder of the reals from FaceForensics++.
        cdf: Folder of the reals from Celeb-DF.
    """

    layout: Literal["df40"]
    domain: Literal["ff", "cdf", "unknown", "all"]
    methods: tuple[str, ...] = ()
    test: str = "DF40"
    train: str = "DF40_train"
    ff: str = "FaceForensics++"
    cdf: str = "Celeb-DF-v2"

    @field_validator("methods")
    @classmethod
    def _methods(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if odd := [name for name in methods if name not in (*METHODS, *FAMILIES)]:
            raise ValueError(f"has `{odd[0]}`; there are {', '.join(METHODS)} and the families {', '.join(FAMILIES)}")
        return methods

    @property
    def chosen(self) -> list[str]:
        """Methods that are read, by name."""
        of_domain = {"unknown": UNKNOWN_DOMAIN, "all": METHODS.keys()}.get(self.domain, METHODS.keys() - UNKNOWN_DOMAIN)
        named = {*self.methods}
        return [n for n, family in METHODS.items() if n in of_domain and (not named or {n, family} & named)]


@dataclass(frozen=True)
class _Found:
    """One entry, and what is needed to find its real video: the pool it comes from and the name there."""

    entry: Entry
    pool: str
    real: str


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the sequences and single pictures of the domain and methods that are asked for, and their reals.

    Raises:
        LayoutError: Nothing is there, an archive is not unpacked, or a folder is not as the authors made it.
    """
    rules = Rules(options)
    fakes = list(_forged(root, options.test, "test", options, rules))
    if options.domain in ("ff", "all"):
        fakes += _forged(root, options.train, "train", options, rules)
    if not fakes:
        raise LayoutError(
            f"{root / options.test} holds no pictures of domain {options.domain} by {', '.join(options.chosen)}; the "
            "options `test` and `train` name the folders with the methods."
        )
    found = fakes + [
        real
        for domain in (FF, CDF)
        if options.domain in (domain, "all")
        for real in _reals(root, domain, options, fakes)
    ]
    entries = list(_paired(corpus, found))
    made = {entry.method for entry in entries if entry.label == FAKE}
    compare(root, {"methods": len(made)}, {"methods": len(options.chosen)})
    rules.tell(root)
    return entries


def _forged(root: Path, folder: str, split: str, options: Options, rules: Rules) -> Iterator[_Found]:
    """Read the folders of methods; the nine of unknown domain have reals too."""
    _check_unpacked(root / folder, rules)
    for path in sorted(path for path in (root / folder).glob("[!.]*") if path.is_dir()):
        method = method_of(path.name)
        if method is None:
            rules.broken("name", path, f"not a method of DF40; those are {', '.join(METHODS)}.")
        elif method in options.chosen:
            yield from _of_method(root, path.relative_to(root).as_posix(), method, split, options, rules)


def _of_method(root: Path, folder: str, method: str, split: str, options: Options, rules: Rules) -> Iterator[_Found]:
    for path, pictures in folders_below(root, folder):
        place = parse(root / path, path.removeprefix(folder).strip("/"), method, split, rules)
        if place is None or (method not in UNKNOWN_DOMAIN and options.domain not in (place.pool, "all")):
            continue
        whole = [(path, place, pictures)]
        single = [
            (f"{path}/{one}", replace(place, video=one.rpartition(".")[0], single=True), [one]) for one in pictures
        ]
        for its_path, its_place, held in whole if place.video else single:
            named = people(its_place, method, held)
            if named is None:
                rules.broken("name", root / its_path, "neither the folder nor its pictures name anybody as DF40 does.")
                continue
            # e4e edits all of FaceForensics++, also those that the other methods train on.
            its_split = None if method in UNKNOWN_DOMAIN and named.people[0].startswith("faceforensics:") else split
            yield _Found(_entry(its_path, its_place, method, named.people, its_split), place.pool, named.real)


def _entry(path: str, place: Place, method: str, identities: tuple[str, ...], split: str | None) -> Entry:
    domain = "unknown" if method in UNKNOWN_DOMAIN else place.pool
    return Entry(
        path=path,
        label=place.label,
        method=method if place.label == FAKE else "",
        compression="",
        identities=identities,
        cluster=identities[0],
        pair=None,
        split=split,
        attributes={"domain": domain} | ({"family": METHODS[method]} if place.label == FAKE else {}),
        kind="faces",
    )


def _reals(root: Path, domain: str, options: Options, fakes: list[_Found]) -> Iterator[_Found]:
    """Read the reals of a known domain; those of FaceForensics++ are where the fakes of their ids are."""
    folder = options.ff if domain == FF else options.cdf
    splits = {name: one.entry.split for one in reversed(fakes) if one.entry.split for name in one.entry.identities}
    count = 0
    for path, pictures in folders_below(root, folder):
        place = Place(REAL, domain, path.rpartition("/")[2])
        named = people(place, "", pictures) if path.split("/")[-2:-1] == ["frames"] else None
        if named is not None:
            count += 1
            split = splits.get(named.people[0]) if domain == FF else "test"
            yield _Found(_entry(path, place, "", named.people, split), domain, named.real)
    if not count:
        warn(f"{root / folder} holds no reals of domain {domain}; the authors give them as an archive of its own.")


def _paired(corpus: str, found: list[_Found]) -> Iterator[Entry]:
    """Give each fake the key of the real video it was made from, where that is there."""
    reals = {(one.pool, one.real): key_of(corpus, one.entry) for one in found if one.entry.label == REAL}
    for one in found:
        forged = one.entry.label == FAKE and METHODS[one.entry.method] != "EFS"
        real = reals.get((one.pool, one.real)) if forged else None
        yield replace(one.entry, pair=real)


def _check_unpacked(folder: Path, rules: Rules) -> None:
    for archive in sorted(path for depth in ("*.zip", "*/*.zip", "*/*/*.zip") for path in folder.glob(depth)):
        if not archive.with_suffix("").is_dir():
            rules.broken("listed", archive, f"not unpacked; do `unzip '{archive.name}'` in its folder.")
