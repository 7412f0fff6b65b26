"""Heads on single faces: what scikit-learn gives when it is asked directly, and learned from training faces alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from probe.tracked import faces_of, single
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from unmask.params import Section
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, choices, choose, find, video_auc
from unmask.probe.heads import knn

LEARNED, JUDGED, ASKED = single(1, 60, 4), single(2, 30, 4), single(3, 20, 4)


def fit(name: str, choice: Choice, learned: Faces = LEARNED) -> Fitted:
    return find(name).fit(learned, JUDGED, choice, 0)


def class_weights(faces: Faces) -> np.ndarray:
    """Weights of the manifest times those that scikit-learn calls balanced."""
    shares = [faces.weights[faces.labels == label].sum() for label in (0, 1)]
    factors = [len(faces) / 2 / share for share in shares]
    weights: np.ndarray = faces.weights * np.where(faces.labels == 1, factors[1], factors[0])
    return weights


def test_logistic_is_scikit_learns() -> None:
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=500))
    theirs.fit(LEARNED.values.astype(float), LEARNED.labels, logisticregression__sample_weight=class_weights(LEARNED))
    wanted = theirs.predict_log_proba(ASKED.values.astype(float))
    found = fit("logistic", {"c": 0.3, "most_steps": 500}).score(ASKED)
    np.testing.assert_allclose(found, wanted[:, 1] - wanted[:, 0], rtol=1e-6, atol=1e-9)


def test_logistic_that_does_not_converge_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    fit("logistic", {"c": 100.0, "most_steps": 1})
    assert "did not converge; raise `most_steps`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kernel", "machine"), [("linear", LinearSVC(C=0.5, dual=False)), ("rbf", SVC(kernel="rbf", C=0.5, gamma=0.2))]
)
def test_svm_is_scikit_learns_scaled_on_validation(kernel: str, machine: LinearSVC | SVC) -> None:
    theirs = make_pipeline(StandardScaler(), machine)
    weights = {f"{theirs.steps[1][0]}__sample_weight": class_weights(LEARNED)}
    theirs.fit(LEARNED.values.astype(float), LEARNED.labels, **weights)
    margins = theirs.decision_function(ASKED.values.astype(float))
    found = fit("svm", {"kernel": kernel, "c": 0.5, "gamma": 0.2}).score(ASKED)
    factor = found / margins
    np.testing.assert_allclose(factor, factor[0], rtol=1e-6)
    # The factor is the one with the lowest balanced log loss on validation.
    judged, signs = theirs.decision_function(JUDGED.values.astype(float)), 2 * JUDGED.labels - 1
    halves = np.where(signs > 0, 1 / (signs > 0).sum(), 1 / (signs < 0).sum())
    best = minimize_scalar(lambda f: (halves * np.logaddexp(0, -signs * judged * f)).sum(), bounds=(0.05, 20))
    assert factor[0] == pytest.approx(best.x, rel=1e-3)


def test_linear_svm_ranks_as_libsvm_does() -> None:
    theirs = make_pipeline(StandardScaler(), SVC(kernel="linear", C=0.5))
    theirs.fit(LEARNED.values.astype(float), LEARNED.labels, svc__sample_weight=class_weights(LEARNED))
    found = fit("svm", {"kernel": "linear", "c": 0.5, "gamma": "scale"}).score(ASKED)
    assert np.corrcoef(found, theirs.decision_function(ASKED.values.astype(float)))[0, 1] > 0.97


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_knn_votes_as_scikit_learn_does_when_all_weigh_the_same(metric: str) -> None:
    rng = np.random.default_rng(0)
    even = faces_of([rng.normal(n % 2, 1, (3, 5)) for n in range(40)], [np.arange(3)] * 40, [n % 2 for n in range(40)])
    theirs = make_pipeline(StandardScaler(), KNeighborsClassifier(7, metric=metric))
    theirs.fit(even.values.astype(float), even.labels)
    fakes = 7 * theirs.predict_proba(ASKED.values.astype(float))[:, 1]
    found = fit("knn", {"neighbours": 7, "metric": metric}, even).score(ASKED)
    np.testing.assert_allclose(found, np.log((fakes + 0.5) / (7 - fakes + 0.5)), rtol=1e-12)


def test_knn_of_all_faces_knows_nothing() -> None:
    found = fit("knn", {"neighbours": len(LEARNED), "metric": "euclidean"}).score(ASKED)
    np.testing.assert_allclose(found, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("logistic", {"c": 1.0, "most_steps": 500}),
        ("svm", {"kernel": "rbf", "c": 1.0, "gamma": "scale"}),
        ("knn", {"neighbours": 9, "metric": "euclidean"}),
    ],
)
def test_units_of_features_do_not_matter(name: str, choice: Choice) -> None:
    def grown(faces: Faces) -> Faces:
        larger = faces.take(np.arange(len(faces)))
        larger.values[:, 1] *= 64  # a power of two, so that half precision rounds alike
        return larger

    head = find(name)
    plain = head.fit(LEARNED, JUDGED, choice, 0).score(ASKED)
    larger = head.fit(grown(LEARNED), grown(JUDGED), choice, 0).score(grown(ASKED))
    np.testing.assert_allclose(larger, plain, rtol=1e-6, atol=1e-9)


def spied(seen: list[Faces]) -> Callable[..., Fitted]:
    """Give a head that notes what it learns from, and is as good as its setting says."""

    def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
        seen.append(learned)
        flip = np.random.default_rng(choice["setting"])
        return Fitted(lambda faces: (2.0 * faces.labels - 1) * (flip.random(len(faces)) < choice["setting"] / 10))

    return fit


def test_the_best_on_validation_is_kept_and_of_equal_ones_the_first_unless_another_is_surer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Settings(Section):
        setting: tuple[int, ...]
        other: str

    seen: list[Faces] = []
    monkeypatch.setattr(knn, "fit", spied(seen))
    settings = Settings(setting=(1, 10, 3), other="x")
    assert choices(settings) == [{"setting": n, "other": "x"} for n in (1, 10, 3)]
    chosen = choose(find("knn"), LEARNED, JUDGED, settings, 0)
    assert chosen.choice == {"setting": 10, "other": "x"}
    assert chosen.auc == 1.0
    assert [auc for _, auc in chosen.tried][1] == 1.0
    assert len(seen) == 3
    assert all(faces is LEARNED for faces in seen)
    same = choose(find("knn"), LEARNED, JUDGED, Settings(setting=(11, 10), other="x"), 0)
    assert same.choice["setting"] == 11
    monkeypatch.setattr(knn, "fit", lambda *given: Fitted(lambda faces: (2.0 * faces.labels - 1) * given[2]["setting"]))
    surer = choose(find("knn"), LEARNED, JUDGED, Settings(setting=(1, 2), other="x"), 0)
    assert (surer.choice["setting"], surer.auc) == (2, 1.0)


def test_auc_is_that_of_videos_whose_highest_track_counts() -> None:
    tracks: list[Any] = [np.zeros((4, 5))] * 4
    faces = faces_of(tracks, [np.arange(4)] * 4, [0, 1, 0, 1])
    faces.tracks[:] = np.tile([0, 0, 1, 1], 4)
    logits = np.array([0, 2, 0, 0, -9, -9, 2, 3, 1, 4, 0, 0, 0, 0, 0, 4.2])
    # Means of tracks: (1, 0), (-9, 2.5), (2.5, 0), (0, 2.1).
    assert video_auc(faces, logits) == roc_auc_score([0, 1, 0, 1], [1, 2.5, 2.5, 2.1])
