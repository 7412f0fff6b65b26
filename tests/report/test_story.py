"""The story in words, and the table on the terminal."""

import re
from pathlib import Path
from typing import Any

import pytest
from report.reporting import RECIPES

from unmask.errors import DataError
from unmask.evaluate import results
from unmask.report.story import tell
from unmask.report.terminal import summary


def test_story_tells_both_sides(made: Path) -> None:
    found = results.read(made / "curves" / "mobile_demo")
    story = tell(found)
    within, across = (found.corpora[name].video.auc.value or 0 for name in ("seen", "unseen"))
    assert story.gap == pytest.approx(within - across)
    assert f"{100 * across:.0f} times in 100" in story.ranking
    assert "on unseen it catches" in story.deciding


def test_story_without_a_second_class() -> None:
    empty = results.Interval(value=None, low=None, high=None)
    assert story_of(empty).gap is None
    assert story_of(empty).ranking == "No corpus has scored videos of both classes."


def story_of(auc: results.Interval) -> Any:
    level = {"reals": 0, "fakes": 1, "clusters": 1, "skipped": 0, "ece": None} | dict.fromkeys(
        results.Metrics.intervals(), auc
    )
    coverage = {"videos": 1, "scored": 1, "share": 1.0, "missing": {}}
    corpus = {"within": False, "coverage": coverage, "frame": level, "video": level, "costs": {}, "methods": {}}
    point = dict.fromkeys(("logit", "probability", "tpr", "fpr", "f1", "accuracy", "balanced_accuracy"), 0.5)
    fitted = {"reals": 1, "fakes": 1, "temperature": 1.0, "points": {"youden": point}}
    points = {"rule": "youden", "aggregation": "mean_logit", "corpora": ["a"], "videos": 2, "scored": 2,
              "frame": fitted, "video": fitted}  # fmt: skip
    return tell(results.Results.model_validate(
        {"recipe": "r", "draws": 1, "confidence": 0.9, "points": points, "corpora": {"b": corpus}}))  # fmt: skip


def test_terminal_table_is_aligned_and_complete(made: Path) -> None:
    head, rule, *rows, note = summary(made / "curves", RECIPES).splitlines()
    assert len(rows) == 4
    assert [row.split()[:3] for row in rows[:2]] == [["mobile_demo", "seen", "yes"], ["mobile_demo", "unseen", "no"]]
    starts = [match.start() for match in re.finditer("-+", rule)]
    assert all(row[start - 1] == " " for row in (head, *rows) for start in starts[1:])
    found = results.read(made / "curves" / "patch_demo").corpora["unseen"].video
    assert f"{found.auc.value:.3f}" in rows[-1]
    assert f"[{found.auc.low:.3f}, {found.auc.high:.3f}]" in rows[-1]
    assert f"{100 * (found.accuracy.value or 0):.1f} %" in rows[-1]
    assert "rule youden" in note


def test_terminal_table_before_evaluation_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the step `evaluate`"):
        summary(tmp_path, RECIPES)
