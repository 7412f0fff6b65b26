"""Tune: thresholds and temperature against scikit-learn and closed forms; test rows are never seen."""

from pathlib import Path

import numpy as np
import pytest
import score_tables
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, roc_curve

from unmask.errors import DataError
from unmask.tune import points
from unmask.tune.aggregate import pool, read_faces, video_scores
from unmask.tune.calibrate import HIGHEST, LOWEST, sigmoid, temperature
from unmask.tune.params import RULES, Params, Rule
from unmask.tune.step import fit, tune
from unmask.tune.thresholds import choose, cuts

PARAMS = Params(rule="youden", aggregation="mean_logit")
# Of a recipe without secondary heads.
NONE = Path("no_heads")


def invented(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.7).astype(np.int64)
    # Rounding makes ties, also between the classes.
    return np.round(rng.normal(2.0 * labels, 1.5), 1), labels


@pytest.mark.parametrize("seed", range(5))
def test_every_rule_is_the_best_of_all_possible_thresholds(seed: int) -> None:
    scores, labels = invented(seed)
    level = fit(scores, labels)
    every = [np.inf, *np.unique(scores)]
    f1 = [f1_score(labels, scores >= cut, zero_division=0) for cut in every]
    balanced = [balanced_accuracy_score(labels, scores >= cut) for cut in every]
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert level.points["max_f1"].f1 == pytest.approx(max(f1), abs=1e-4)
    assert level.points["youden"].balanced_accuracy == pytest.approx(max(balanced), abs=1e-4)
    assert level.points["fpr_1"].tpr == pytest.approx(tpr[fpr <= 0.01].max(), abs=1e-4)
    found = level.points["eer"]
    assert abs(found.fpr - (1 - found.tpr)) == pytest.approx(np.abs(fpr - (1 - tpr)).min(), abs=2e-4)


@pytest.mark.parametrize("rule", RULES)
def test_validation_figures_are_those_of_the_threshold(rule: Rule) -> None:
    scores, labels = invented(7)
    point = fit(scores, labels).points[rule]
    flagged = scores >= point.logit
    assert point.f1 == pytest.approx(f1_score(labels, flagged), abs=1e-4)
    assert point.tpr == pytest.approx(flagged[labels == 1].mean(), abs=1e-4)
    assert point.fpr == pytest.approx(flagged[labels == 0].mean(), abs=1e-4)
    assert point.accuracy == pytest.approx((flagged == labels).mean(), abs=1e-4)


def test_a_threshold_lies_in_the_middle_of_its_gap() -> None:
    level = fit(np.array([-2.0, -1.0, 3.0, 4.0]), np.array([0, 0, 1, 1]))
    assert {point.logit for point in level.points.values()} == {1.0}


def test_of_equally_good_thresholds_the_highest_wins() -> None:
    # Cutting at 3.5 and at 1.5 both give TPR - FPR = 1/2.
    ways = cuts(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0]))
    assert ways.threshold[choose(ways)["youden"]] == 3.5


def test_no_real_is_flagged_when_one_percent_is_less_than_one() -> None:
    level = fit(np.array([5.0, 1.0, 0.0]), np.array([0, 1, 0]))
    assert (level.points["fpr_1"].logit, level.points["fpr_1"].tpr) == (6.0, 0.0)


def test_adjacent_floats_stay_apart() -> None:
    low = 1.0
    high = float(np.nextafter(low, 2))
    level = fit(np.array([low, high]), np.array([0, 1]))
    assert low < level.points["youden"].logit <= high


@pytest.mark.parametrize("truth", [0.4, 1.0, 3.0])
def test_temperature_is_found_again_and_minimises_the_loss(truth: float) -> None:
    rng = np.random.default_rng(3)
    odds = rng.normal(0, 2, 20_000)
    labels = (rng.random(len(odds)) < sigmoid(odds)).astype(np.int64)
    found = temperature(odds * truth, labels)
    assert found == pytest.approx(truth, rel=0.05)
    weights = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum())
    loss = [
        log_loss(labels, sigmoid(odds * truth / t), sample_weight=weights) for t in (found * 0.98, found, found * 1.02)
    ]
    assert loss[1] == min(loss)


def test_temperature_has_ends() -> None:
    labels = np.array([0, 0, 1, 1])
    assert temperature(np.array([-2.0, -1.0, 1.0, 2.0]), labels) == pytest.approx(LOWEST)
    assert temperature(np.array([2.0, 1.0, -1.0, -2.0]), labels) == pytest.approx(HIGHEST)


def test_tracks_compete_and_faces_are_averaged() -> None:
    logits, tracks = np.array([0.0, 2.0, 5.0, -9.0]), np.array([0, 0, 1, 1])
    assert pool(logits, tracks, "mean_logit") == 1.0
    assert pool(logits, tracks, "max_probability") == 5.0
    mean = max(sigmoid(logits[:2]).mean(), sigmoid(logits[2:]).mean())
    assert sigmoid(np.array(pool(logits, tracks, "mean_probability"))) == pytest.approx(mean)


def test_mean_probability_of_sure_faces_stays_finite() -> None:
    assert pool(np.array([800.0, 900.0]), np.array([0, 0]), "mean_probability") == pytest.approx(800 + np.log(2))


def test_videos_without_a_face_are_kept(tmp_path: Path) -> None:
    rows = score_tables.video("c/1", 0, [1.0, 2.0]) + score_tables.video("c/2", 1, [])
    videos = video_scores(read_faces(score_tables.write(rows, tmp_path), "test"), "mean_logit").set_index("video")
    assert videos.loc["c/1", "score"] == 1.5
    assert videos["score"].isna().tolist() == [False, True]
    assert (videos.loc["c/2", "status"], videos.loc["c/2", "faces"]) == ("no_face", 0)


def test_heads_get_points_of_their_own(tmp_path: Path) -> None:
    own = score_tables.write(score_tables.corpora(1), tmp_path / "r")
    head = score_tables.write(score_tables.corpora(2), tmp_path / "probes/heads/r+knn")
    tune(own, tmp_path / "probes", tmp_path / "both", PARAMS)
    tune(own, NONE, tmp_path / "alone", PARAMS)
    tune(head, NONE, tmp_path / "head", PARAMS)
    assert points.read(tmp_path / "both") == points.read(tmp_path / "alone")
    assert (
        points.read(tmp_path / "both/heads/r+knn") == points.read(tmp_path / "head") != points.read(tmp_path / "both")
    )
    assert (tmp_path / "alone/heads").is_dir()


def test_test_scores_change_nothing(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    moved = [row | {"logit": -9.0} if row["split"] == "test" and row["logit"] is not None else row for row in rows]
    for name, table in (("a", rows), ("b", moved), ("c", [row for row in rows if row["split"] == "val"])):
        tune(score_tables.write(table, tmp_path / "scores" / name), NONE, tmp_path / name, PARAMS)
    first, *others = [(tmp_path / name / points.FILE).read_bytes() for name in "abc"]
    assert others == [first, first]


def test_validation_scores_do_change_something(tmp_path: Path) -> None:
    for seed in (1, 2):
        scores = score_tables.write(score_tables.corpora(seed), tmp_path / f"s{seed}")
        tune(scores, NONE, tmp_path / f"{seed}", PARAMS)
    found = points.read(tmp_path / "1")
    assert found.video != points.read(tmp_path / "2").video
    assert (found.corpora, found.rule, found.aggregation) == (["seen"], "youden", "mean_logit")
    assert found.scored < found.videos == 120


@pytest.mark.parametrize(("label", "missing"), [(0, "fake"), (1, "real")])
def test_one_class_is_an_error(tmp_path: Path, label: int, missing: str) -> None:
    rows = score_tables.video("c/1", label, [1.0], "val") + score_tables.video("c/2", 1 - label, [], "val")
    with pytest.raises(DataError, match=f"no scored {missing} video in validation"):
        tune(score_tables.write(rows, tmp_path), NONE, tmp_path / "out", PARAMS)


def test_no_validation_and_diverged_scores_are_errors(tmp_path: Path) -> None:
    scores = score_tables.write(score_tables.video("c/1", 1, [1.0]), tmp_path / "empty")
    with pytest.raises(DataError, match="no row of the split `val`"):
        tune(scores, NONE, tmp_path / "out", PARAMS)
    scores = score_tables.write(score_tables.video("c/1", 1, [float("nan"), 1.0], "val"), tmp_path / "nan")
    with pytest.raises(DataError, match="1 faces of `val` whose logit is no finite number"):
        tune(scores, NONE, tmp_path / "out", PARAMS)


def test_missing_and_old_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the step `tune`"):
        points.read(tmp_path)
    (tmp_path / points.FILE).write_text("{}")
    with pytest.raises(DataError, match="not what this version writes"):
        points.read(tmp_path)
