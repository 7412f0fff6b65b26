"""The study: differences and their intervals against scipy and scikit-learn, and sentences that follow from them."""

import numpy as np
import pandas as pd
import pytest
from bench.study.compare import Estimate, mean, measure
from bench.study.findings import verdict
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score
from studied import DRAWS, scores

from unmask.errors import DataError
from unmask.evaluate.params import Params


def test_auc_is_that_of_scikit_learn_averaged_over_seeds() -> None:
    tables = [scores(seed, 1.0) for seed in (1, 2)]
    found = measure(tables, "a", DRAWS)
    assert found.seeds == pytest.approx([roc_auc_score(one["label"], one["logit"]) for one in tables])
    assert found.value == pytest.approx(np.mean(found.seeds))


def test_the_interval_of_a_difference_is_that_of_scipy() -> None:
    one, other = scores(1, 1.5), scores(2, 0.8)
    difference = measure([one], "a", DRAWS) - measure([other], "a", DRAWS)

    def gap(label: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
        return float(roc_auc_score(label, a) - roc_auc_score(label, b))

    columns = (one["label"].to_numpy(), one["logit"].to_numpy(), other["logit"].to_numpy())
    theirs = bootstrap(
        columns, gap, paired=True, vectorized=False, n_resamples=2000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert difference.value == pytest.approx(gap(*columns))
    assert difference.interval(0.95) == pytest.approx((theirs.low, theirs.high), abs=0.012)
    # Not pairing would be wrong here, for both find the same videos hard.
    spread = np.hypot(measure([one], "a", DRAWS).draws.std(), measure([other], "a", DRAWS).draws.std())
    assert difference.draws.std() < 0.9 * spread


def test_more_videos_of_the_same_people_narrow_nothing() -> None:
    alone, tripled = measure([scores(1, 1.0)], "a", DRAWS), measure([scores(1, 1.0, each=3)], "a", DRAWS)
    assert tripled.draws == pytest.approx(alone.draws)


def test_videos_without_a_score_and_other_corpora_do_not_count() -> None:
    some = scores(1, 1.0)
    more = pd.concat([some, some.assign(corpus="b"), some.assign(logit=np.nan, video="none" + some["video"])])
    assert measure([more], "a", DRAWS).seeds == measure([some], "a", DRAWS).seeds


def test_different_videos_are_not_compared() -> None:
    some, fewer = measure([scores(1, 1.0)], "a", DRAWS), measure([scores(1, 1.0)[1:]], "a", DRAWS)
    with pytest.raises(DataError, match="different videos"):
        some - fewer
    with pytest.raises(DataError, match="with all seeds"):
        measure([scores(1, 1.0), scores(2, 1.0)[1:]], "a", DRAWS)


def estimate(value: float, half: float, seeds: tuple[float, ...]) -> Estimate:
    """Give a difference with about the interval `value` +- `half`."""
    moved = tuple(value + seed for seed in seeds)
    return Estimate(moved, value + half * np.linspace(-1 / 0.95, 1 / 0.95, 1001), ("x",))


def test_sentences_follow_from_numbers() -> None:
    assert verdict(estimate(0.03, 0.02, (-0.01, 0.0, 0.01)), 0.95) == (
        "gains +0.030 [+0.010, +0.050], seeds +0.020 to +0.040"
    )
    assert verdict(estimate(-0.03, 0.02, (0.0,)), 0.95) == "loses -0.030 [-0.050, -0.010]"
    unsure = verdict(estimate(0.03, 0.04, (-0.01, 0.0, 0.01)), 0.95)
    assert unsure.startswith("no difference that three seeds and these videos can show: +0.030 [-0.010, +0.070]")
    assert verdict(estimate(0.03, 0.02, (-0.04, 0.02, 0.02)), 0.95).startswith("no difference")
    same = measure([scores(1, 1.0)], "a", DRAWS)
    assert verdict(same - same, 0.95) == "no difference that one seed and these videos can show: 0.000 [0.000, 0.000]"


def test_the_mean_over_corpora_is_as_sure_as_independent_corpora_are() -> None:
    one, other = (measure([scores(seed, 1.0)], "a", Params(seed=seed, draws=4000, confidence=0.9)) for seed in (1, 2))
    both = mean([one, other])
    assert both.value == pytest.approx((one.value + other.value) / 2)
    assert both.draws.std() == pytest.approx(np.hypot(one.draws.std(), other.draws.std()) / 2, rel=0.1)
