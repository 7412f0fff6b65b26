"""The map of test videos: neighbours stay neighbours, test alone is on it, and its bytes repeat."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probe.probing import prepare, run, section
from sklearn.manifold import trustworthiness
from threadpoolctl import threadpool_limits
from toy_faces import write_recipe

from unmask.probe import tsne
from unmask.probe.tables import EMBEDDED, POINTS
from unmask.split.tables import MANIFEST

HEADS: dict[str, Any] = {"heads": {"mean": {}}}


def clouds(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw points of three clouds in twenty dimensions."""
    rng = np.random.default_rng(0)
    which = np.arange(count) % 3
    return rng.normal(size=(count, 20)) + 6 * np.eye(20)[which], which


def test_neighbours_stay_neighbours_and_clouds_apart() -> None:
    values, which = clouds(120)
    places = tsne.layout(values, 1)
    assert places.shape == (120, 2)
    assert trustworthiness(values, places, n_neighbors=10) > 0.9
    nearest = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(120)
    assert (which[nearest.argmin(axis=1)] == which).all()


def test_places_of_few_points_are_numbers() -> None:
    for count in (tsne.FEWEST, tsne.FEWEST + 1, 31):
        places = tsne.layout(clouds(count)[0], 1)
        assert np.isfinite(places).all()
        assert len(np.unique(places, axis=0)) == count


def test_bytes_do_not_depend_on_the_number_of_threads() -> None:
    code = (
        "import sys, numpy as np; from unmask.probe.tsne import layout;"
        "sys.stdout.write(layout(np.random.default_rng(0).normal(size=(150, 60)), 1).tobytes().hex())"
    )
    env = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    with threadpool_limits(1):
        assert tsne.layout(np.random.default_rng(0).normal(size=(150, 60)), 1).tobytes().hex() == found


def rows(counts: dict[tuple[str, int], int]) -> list[dict[str, Any]]:
    return [
        {"video": f"{corpus}/{label}{number:04d}", "corpus": corpus, "label": label}
        for (corpus, label), count in counts.items()
        for number in range(count)
    ]


def test_of_many_videos_some_of_each_corpus_and_label_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsne, "MOST", 5)
    given = rows({("a", 0): 3, ("a", 1): 20, ("b", 1): 30})
    chosen = tsne.choose(given, 1)
    assert chosen == sorted(chosen)
    assert [sum(video.startswith(start) for video in chosen) for start in ("a/0", "a/1", "b/1")] == [3, 5, 5]
    more = tsne.choose([*given, {"video": "a/1x", "corpus": "a", "label": 1}], 1)
    assert len(set(chosen) - set(more)) <= 1
    assert tsne.choose(given, 2) != chosen


def test_the_step_maps_the_mean_of_every_test_video_and_repeats(tmp_path: Path) -> None:
    toy = prepare(tmp_path, videos=12)
    write_recipe(toy / "toy.yaml", probes=section(**HEADS))
    out = run(toy, "out")
    points = POINTS.rows(out)
    test = {row["video"]: row for row in MANIFEST.rows(toy / "test.parquet") if row["status"] == "ok"}
    assert [point["video"] for point in points] == sorted(test)
    for point in points:
        assert {name: point[name] for name in ("corpus", "label", "method")} == {
            name: test[point["video"]][name] for name in ("corpus", "label", "method")
        }
        assert point["network"] == "trained"
    assert (run(toy, "again") / "points.parquet").read_bytes() == (out / "points.parquet").read_bytes()
    # Each is the mean of its faces, standardised by those that heads learn from.
    table = EMBEDDED.read(out / "embedded" / "toy.parquet").to_pandas()
    values = np.stack(table["embedding"].to_numpy()).astype(float)
    learned = values[table["split"] == "train"]
    deviation = learned.std(axis=0)
    table["z"] = list((values - learned.mean(axis=0)) / np.where(deviation > 0, deviation, 1))
    means = table[table["split"] == "test"].groupby("video")["z"].apply(lambda z: np.stack(z.to_list()).mean(axis=0))
    places = np.array([[row["x"], row["y"]] for row in POINTS.rows(out)])
    np.testing.assert_allclose(places, tsne.layout(np.stack(means.to_list()), 3), rtol=1e-3, atol=1e-3)


def test_too_few_videos_or_all_alike_make_an_empty_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = prepare(tmp_path)
    write_recipe(toy / "toy.yaml", probes=section(**HEADS))
    assert POINTS.rows(run(toy, "few")) == []
    monkeypatch.setattr(tsne, "FEWEST", 4)
    assert len(POINTS.rows(run(toy, "some"))) == 8
    monkeypatch.setattr(tsne, "_means", lambda embedded, standard, shown: [(video, np.ones(5)) for video in shown])
    assert POINTS.rows(run(toy, "alike")) == []
