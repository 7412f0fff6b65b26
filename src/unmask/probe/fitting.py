"""Embed all crops by a frozen network, fit every head of the recipe, and score validation and test."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from threadpoolctl import threadpool_limits

from unmask.errors import DataError, LeakError, few
from unmask.predict.step import Key, Row, write_scores
from unmask.probe import params, tsne
from unmask.probe.embed import embed
from unmask.probe.faces import Faces, pieces, read
from unmask.probe.head import Chosen, choose
from unmask.probe.network import frozen
from unmask.probe.params import Plan
from unmask.probe.standard import Standard
from unmask.probe.tables import FOLDER
from unmask.probe.tracks import check_sequences
from unmask.split.tables import MANIFEST, SPLITS
from unmask.systems import HEADS

DIGITS = 4


class Folders(NamedTuple):
    """What is read; see `unmask.probe.step`."""

    recipe: Path
    model: Path
    train: Path
    val: Path
    test: Path
    crops: Path
    frames: Path


def fit(read_from: Folders, out: Path) -> None:
    """Fit a recipe's heads; see `unmask.probe.step`."""
    recipe, model, train, val, test, crops, frames = read_from
    plan = params.load(recipe)
    rows = _rows(dict(zip(SPLITS, (train, val, test), strict=True)))
    learned = [row for row in rows if row["split"] == "train" and row["status"] == "ok"]
    _check(plan, learned)
    with frozen(plan, recipe, model) as network:
        embed(network, rows, crops, frames, out / FOLDER, trained=plan.probes.network == "trained")
    # Reals alone, of which the network has blended its fakes, will do for a head that learns nothing.
    faces = read(out / FOLDER, "train", both=_learns(plan))
    chosen = _fit(plan, faces, read(out / FOLDER, "val"))
    _score(plan, chosen, rows, out)
    tsne.write(plan, out / FOLDER, rows, Standard.of(faces), out)
    corpora = sorted({row["corpus"] for row in learned})
    for name, one in chosen.items():
        _tell(plan, name, one, corpora, _place(plan, name, out))


def _rows(manifests: Mapping[str, Path]) -> list[Row]:
    """Read all manifests, each row with its split.

    Raises:
        LeakError: A video stands in two splits.
    """
    rows: list[Row] = []
    seen: set[str] = set()
    for split, path in manifests.items():
        some = [row | {"split": split} for row in MANIFEST.rows(path)]
        videos = {row["video"] for row in some}
        if both := sorted(videos & seen):
            raise LeakError(f"{path} holds videos that stand in another split too: {few(both)}; run `split` again.")
        seen |= videos
        rows += some
    return rows


def _check(plan: Plan, learned: list[Row]) -> None:
    """Refuse heads that cannot learn from one class, from so many faces, or from sequences where there are none."""
    if len({row["label"] for row in learned}) == 1 and _learns(plan):
        raise DataError("the split `train` has no faces of both classes; check `split` in params.yaml.")
    if temporal := [name for name, (head, _) in plan.heads.items() if head.TEMPORAL]:
        check_sequences(learned, temporal)
    most = plan.probes.faces_per_video
    counts = Counter(row["video"] for row in learned).values()
    drawn = sum(counts) if most == "all" else sum(min(most, count) for count in counts)
    for _, settings in plan.heads.values():
        settings.check_faces(drawn)


def _learns(plan: Plan) -> bool:
    """Tell whether any head is more than the mean of the network's own scores."""
    return plan.heads.keys() != {"mean"}


def _fit(plan: Plan, learned: Faces, judged: Faces) -> dict[str, Chosen]:
    """Fit every head; those on single faces learn from as many of each video as the recipe says."""
    drawn, chosen = learned.draw(plan.probes.faces_per_video, plan.seed), {}
    for name, (head, settings) in plan.heads.items():
        chosen[name] = choose(head, learned if head.TEMPORAL else drawn, judged, settings, plan.seed)
        sys.stderr.write(f"{plan.recipe}+{name}: val AUC {chosen[name].auc:.4f}\n")
    return chosen


def _score(plan: Plan, chosen: Mapping[str, Chosen], rows: list[Row], out: Path) -> None:
    """Score validation and test by every head, reading embeddings once."""
    logits: dict[str, dict[Key, float]] = {name: {} for name in chosen}
    for faces in pieces(out / FOLDER, ("val", "test")):
        keys = faces.keys
        for name, one in chosen.items():
            with threadpool_limits(1):
                logits[name].update(zip(keys, one.fitted.score(faces).tolist(), strict=True))
    scored = [row for row in rows if row["split"] != "train"]
    for name in chosen:
        write_scores(scored, logits[name], _place(plan, name, out))


def _place(plan: Plan, name: str, out: Path) -> Path:
    return out / HEADS / f"{plan.recipe}+{name}"


def _tell(plan: Plan, name: str, chosen: Chosen, corpora: list[str], out: Path) -> None:
    """Write what a training says of itself: summary.json, recipe.yaml and curves/."""
    tried = [{**choice, "val_auc": round(auc, DIGITS)} for choice, auc in chosen.tried]
    summary: dict[str, Any] = {"val_auc": round(chosen.auc, DIGITS), "corpora": corpora, "tried": tried}
    if chosen.fitted.best:
        summary = {"best_epoch": chosen.fitted.best, "epochs": len(chosen.fitted.history), **summary}
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    text = StringIO()
    probes = {"network": plan.probes.network, "heads": {name: dict(chosen.choice)}}
    YAML().dump({"recipe": plan.recipe, "seed": plan.seed, "probes": probes}, text)
    (out / "recipe.yaml").write_text(text.getvalue(), encoding="utf-8")
    for number in chosen.fitted.history[0] if chosen.fitted.history else ():
        lines = [f"{step}\t{one[number]}" for step, one in enumerate(chosen.fitted.history, start=1)]
        path = out / "curves" / f"{number}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([f"step\t{number}", *lines]) + "\n", encoding="utf-8")
