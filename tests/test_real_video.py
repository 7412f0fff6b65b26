"""The pipeline on real video: people in motion and real face swaps, listed in a table, with pretrained weights."""

import json
from pathlib import Path

import pytest
from project import Project

from unmask.crop.tables import CROPS
from unmask.index.tables import VIDEOS
from unmask.split.tables import MANIFEST, SPLITS

pytestmark = pytest.mark.slow

# What docs/real-video.md tells the reader to write.
PARAMS = {
    "rendered": [],
    "corpora": {"clips": {"layout": "table", "file": "index.csv"}},
    "recipes": ["mobilenetv2"],
    "split.train_on": ["clips"],
    "split.validate_on": ["clips"],
    "split.shares": {"train": 0.5, "val": 0.2, "test": 0.3},
    "crop.size": 192,
}


def prepare(project: Project, shared: Path) -> None:
    project.edit("params.yaml", PARAMS)
    (project.folder / "data/00_raw/clips").symlink_to(shared / "data")
    (project.folder / "weights").mkdir()
    weights = shared / "weights/mobilenetv2_100_imagenet_timm_same.safetensors"
    (project.folder / "weights/mobilenetv2_100.safetensors").symlink_to(weights)


def test_real_video_from_clips_to_report(shared: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    prepare(project, shared)
    project.repro()
    data = project.folder / "data"

    videos = VIDEOS.rows(data / "10_index/clips")
    assert len(videos) == 79
    assert sum(video["label"] for video in videos) == 32
    seen = {row["video"] for row in CROPS.rows(data / "40_crop/tables/clips") if row["status"] == "ok"}
    assert len(seen) >= 77

    place = {row["video"]: split for split in SPLITS for row in MANIFEST.rows(data / f"50_split/{split}.parquet")}
    people: dict[str, set[str]] = {}
    for video in videos:
        for identity in video["identities"]:
            people.setdefault(identity, set()).add(place.get(video["video"], "none"))
    assert all(len(splits) == 1 for splits in people.values())

    audit = json.loads((project.folder / "metrics/split.json").read_text())
    assert set(audit["overlap"].values()) == {0}
    metrics = json.loads((project.folder / "metrics/mobilenetv2/clips.json").read_text())
    assert 0 <= metrics["auc"]["low"] <= metrics["auc"]["value"] <= metrics["auc"]["high"] <= 1
    assert metrics["coverage"] > 0.9
    assert (data / "96_report/report.html").stat().st_size > 10_000
