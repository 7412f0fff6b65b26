"""A map of the test videos: where the frozen network's embeddings lie, laid out on a plane by t-SNE."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from unmask.hashing import stable_hash
from unmask.predict.step import Row
from unmask.probe.faces import pieces
from unmask.probe.params import Plan
from unmask.probe.standard import Standard
from unmask.probe.tables import MOST, PERPLEXITY, POINTS

# Below this there is nothing to lay out.
FEWEST = 10
# Principal components that are laid out: what van der Maaten and Hinton 2008 do first, against noise and for speed.
COMPONENTS = 50


def write(plan: Plan, embedded: Path, rows: Sequence[Row], standard: Standard, out: Path) -> None:
    """Lay out the test videos by the mean embedding of their faces.

    Args:
        plan: Its seed chooses videos where there are many, and seeds the layout.
        embedded: Folder with a table EMBEDDED for each corpus.
        rows: Rows of the manifests, each with its `split`.
        standard: Mean and deviation of the training faces.
        out: Gets points.parquet, without rows where there are too few videos.

    Raises:
        DataError: An embedding is not finite.
    """
    found = {row["video"]: row for row in rows if row["split"] == "test" and row["status"] == "ok"}
    shown = {video: found[video] for video in choose(found.values(), plan.seed)}
    means = dict(_means(embedded, standard, shown))
    # A network that has collapsed sees all videos alike.
    enough = len({value.tobytes() for value in means.values()}) >= FEWEST
    places = layout(np.array(list(means.values())), plan.seed).tolist() if enough else []
    POINTS.write([_point(shown[video], place, plan) for video, place in zip(means, places, strict=False)], out)


def choose(rows: Iterable[Row], seed: int) -> list[str]:
    """Choose at most MOST videos of each corpus and label; another video in the corpus moves at most one of them.

    Args:
        rows: One row of each video.
        seed: Seed of the choice.

    Returns:
        Video keys, sorted.
    """
    groups: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        groups.setdefault((row["corpus"], row["label"]), []).append(row["video"])

    def drawn(video: str) -> tuple[float, str]:
        return np.random.default_rng([seed, stable_hash(video)]).random(), video

    return sorted(video for videos in groups.values() for video in sorted(videos, key=drawn)[:MOST])


def layout(values: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Lay out points by t-SNE (van der Maaten and Hinton 2008, "Visualizing data using t-SNE").

    With one thread, since the last bits of a sum depend on their number, and small differences grow into other maps.

    Args:
        values: Shape (points, features), two features at least.
        seed: Seed.

    Returns:
        Shape (points, 2), in no unit.
    """
    with threadpool_limits(1):
        least = PCA(min(COMPONENTS, *values.shape), svd_solver="full").fit_transform(values)
        perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
        # It starts from the two first components, so that the seed matters little.
        made = TSNE(perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed, n_jobs=1)
        found: NDArray[np.float32] = made.fit_transform(least).astype(np.float32)
    return found


def _point(row: Row, place: Sequence[float], plan: Plan) -> Row:
    said = {name: row[name] for name in ("video", "corpus", "label", "method")}
    return said | {"network": plan.probes.network, "x": place[0], "y": place[1]}


def _means(embedded: Path, standard: Standard, shown: dict[str, Row]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the mean of every video's faces, reading embeddings once."""
    for faces in pieces(embedded, ("test",)):
        values, starts = standard(faces), [*faces.starts.tolist(), len(faces)]
        for start, end in pairwise(starts):
            if (video := str(faces.videos[start])) in shown:
                yield video, values[start:end].mean(axis=0)
