"""All that the step `report` reads, and the page that it makes of it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import score_tables
from report.reporting import AUDIT, RECIPES, Page, write

from unmask.evaluate.params import Params as EvaluateParams
from unmask.evaluate.step import evaluate
from unmask.hashing import bytes_sha256
from unmask.predict.tables import SCORES
from unmask.shards import ShardWriter, by_shard
from unmask.split.tables import MANIFEST
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import tune

# One policy that both recipes have, and one of the second alone.
SHARED = "augment: {default: strong, corpora: {}, policies: {strong: {flip: {p: 0.5}, gamma: {p: 1, gamma: [0.5, 2]}}"
AUGMENT = {"mobile_demo": f"{SHARED}}}}}\n", "patch_demo": f"{SHARED}, weak: {{}}}}}}\n"}


def crop_faces(rows: list[score_tables.Row], root: Path) -> None:
    """Give every scored row a picture in a shard, and write the manifests."""
    rng, manifest = np.random.default_rng(0), []
    for corpus in sorted({row["corpus"] for row in rows}):
        videos: dict[str, list[score_tables.Row]] = {}
        for row in rows:
            if row["corpus"] == corpus:
                videos.setdefault(row["video"], []).append(row)
        for shard, names in by_shard(videos, 2):
            with ShardWriter(root / "crops" / corpus / shard) as writer:
                for row in (row for name in names for row in videos[name]):
                    data, place = b"", {"shard": "", "offset": 0, "size": 0, "sha256": ""}
                    if row["face"] >= 0:
                        data = cv2.imencode(".png", rng.integers(0, 255, (160, 160, 3), np.uint8))[1].tobytes()
                        place = vars(writer.add(f"{row['video']}/{row['frame']}.png", data))
                        place = place | {"shard": f"{corpus}/{shard}"}
                    both = row | place | {"sha256": bytes_sha256(data) if data else "", "pair": None, "weight": 1.0}
                    both["landmarks"] = None
                    manifest.append(both)
    for split in ("train", "val", "test"):
        own = [row for row in manifest if row["split"] == ("val" if split == "train" else split)]
        columns = MANIFEST.schema.names
        MANIFEST.write([{name: row[name] for name in columns} for row in own], root / "split" / f"{split}.parquet")


def train(recipe: str, root: Path) -> None:
    """Leave what training leaves."""
    curves = root / "runs" / recipe / "curves"
    curves.mkdir(parents=True)
    for name in ("loss", "val_auc"):
        pd.DataFrame({"step": [1, 2, 3], name: [0.7, 0.6, 0.65]}).to_csv(curves / f"{name}.tsv", sep="\t", index=False)
    (curves.parent / "recipe.yaml").write_text(f"model: {{backbone: some_net}}  # <b>&\nseed: 3\n{AUGMENT[recipe]}")
    (curves.parent / "model.safetensors").write_bytes(recipe.encode())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the step reads, for two recipes and two corpora."""
    root = tmp_path_factory.mktemp("report")
    for seed, recipe in enumerate(RECIPES):
        scores = score_tables.write(score_tables.corpora(seed, people=15, faces=3), root / "scores" / recipe)
        how = TuneParams(rule="youden", aggregation="mean_logit")
        tune(scores, root / "probes" / recipe, root / "points" / recipe, how)
        model = score_tables.trained(root / "runs" / recipe)
        evaluate(scores, root / "probes" / recipe, root / "points" / recipe, model, root / "curves" / recipe,
                 root / f"{recipe}.json", EvaluateParams(seed=1, draws=100, confidence=0.95))  # fmt: skip
        train(recipe, root)
    crop_faces(SCORES.rows(root / "scores" / RECIPES[0]), root)
    (root / "split.json").write_text(json.dumps(AUDIT))
    return root


@pytest.fixture(scope="session")
def text(made: Path) -> str:
    return write(made, made / "page" / "report.html")


@pytest.fixture(scope="session")
def page(text: str) -> Page:
    return Page(text)
