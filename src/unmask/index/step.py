"""The stage: the corpus' layout names the videos, each is hashed and probed, and the table is written."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from unmask import code, work
from unmask.errors import LayoutError, ParamsError, warn
from unmask.hashing import digest
from unmask.index.entry import FAKE, REAL, Entry, key_of
from unmask.index.layout import Layout
from unmask.index.namespaces import sequence_of
from unmask.index.params import Corpora
from unmask.index.probing import examine, task
from unmask.index.tables import VIDEOS
from unmask.index.youtube import sources
from unmask.limits import Limits

Read = Callable[[Path, str, Layout], list[Entry]]


def index(root: Path, out: Path, corpora: Corpora, limits: Limits) -> None:
    """Index: a raw folder -> videos.parquet, one row per video.

    Args:
        root: Raw folder of the corpus, or a link to it.
        out: Folder for the table; its name is the corpus.
        corpora: Which layout reads each corpus.
        limits: What one file may cost.

    Raises:
        ParamsError: No corpus has this name.
        LayoutError: The folder is missing, holds no video, or does not look as its layout says.
    """
    corpus = out.name
    if corpus not in corpora.root:
        raise ParamsError(
            f"params.yaml, `corpora` has no corpus `{corpus}`; it has {', '.join(corpora.root) or 'none'}."
        )
    videos = videos_of(root, corpus, corpora.root[corpus])
    _warn_of_one_class(root, corpus, list(videos.values()))
    tasks = [task(video, root / entry.path, entry.kind) for video, entry in videos.items()]
    version = digest(code.version("unmask.index.probing"), limits.max_pixels)
    found = work.run("index", version, partial(examine, limits), tasks, waits=True)
    rows = [_known(done.key, corpus, videos[done.key]) | result.rows[0] for done, result in found]
    if bad := [row["video"] for row in rows if row["status"] != "ok"]:
        warn(f"{root}: {len(bad)} of {len(rows)} videos are unreadable; the table says why.")
    VIDEOS.write(rows, out)


def videos_of(root: Path, corpus: str, layout: Layout) -> dict[str, Entry]:
    """Name a corpus' videos through its layout, without reading any.

    Args:
        root: Raw folder of the corpus, or a link to it.
        corpus: Its name.
        layout: The layout with its options.

    Returns:
        Entries by the videos' keys.

    Raises:
        LayoutError: The folder is missing, holds no video, or does not look as its layout says.
    """
    if not root.is_dir():
        but = ", but a file" if root.exists() else f", but a link to {root.readlink()}" if root.is_symlink() else ""
        raise LayoutError(
            f"{root} is not a folder{but}; link the videos of the corpus `{corpus}` there, "
            f"`ln -s /where/they/are {root}`."
        )
    read: Read = import_module(f"unmask.index.layouts.{layout.layout}").read
    return _by_key(root, corpus, read(root, corpus, layout), layout)


def _known(video: str, corpus: str, entry: Entry) -> dict[str, object]:
    # Sequences of FaceForensics++ come in many data sets; from which videos they were cut is known for all.
    cut = sources(number for name in entry.identities if (number := sequence_of(name)) is not None)
    return {
        "video": video,
        "corpus": corpus,
        "path": entry.path,
        "label": entry.label,
        "method": entry.method,
        "compression": entry.compression,
        "kind": entry.kind,
        "identities": sorted(set(entry.identities)),
        "cluster": entry.cluster,
        "pair": entry.pair,
        "split": entry.split,
        "sources": sorted({*entry.sources, *cut}),
        "attributes": sorted(entry.attributes.items()),
    }


def _by_key(root: Path, corpus: str, entries: list[Entry], layout: Layout) -> dict[str, Entry]:
    """Give entries by their videos' keys, of which there must be some and none twice."""
    if not entries:
        raise LayoutError(f"{root} holds no video that the layout `{layout.layout}` knows.")
    videos: dict[str, Entry] = {}
    for entry in entries:
        video = key_of(corpus, entry)
        if video in videos:
            raise LayoutError(
                f"{root}: {videos[video].path} and {entry.path} have the same name but for the suffix; rename one."
            )
        videos[video] = entry
    return videos


def _warn_of_one_class(root: Path, corpus: str, entries: list[Entry]) -> None:
    labels = {entry.label for entry in entries}
    if any(entry.pair is not None and not entry.pair.startswith(f"{corpus}/") for entry in entries):
        # Its real videos are those of another corpus.
        labels.add(REAL)
    for label, name in ((REAL, "real"), (FAKE, "fake")):
        if label not in labels:
            warn(f"{root} holds no {name} video.")
