"""Pose: roll and rough yaw are those of model heads, rendered heads and photographs."""

from pathlib import Path

import heads
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.crop.pose import roll, yaw


@given(st.floats(-70, 70), st.floats(-170, 170))
def test_turn_and_tilt_of_a_model_head_seen_from_afar(yaw_: float, roll_: float) -> None:
    places = heads.head(yaw_, 0, roll_, 1e5)
    assert yaw(*places[:3]) == pytest.approx(yaw_, abs=0.5)
    assert roll(*places[:2]) == pytest.approx(roll_, abs=0.5)


@given(st.floats(-40, 40), st.floats(-15, 15), st.floats(-30, 30), st.floats(50, 500))
def test_nodding_and_nearness_spoil_the_turn_only_roughly(yaw_: float, pitch: float, roll_: float, far: float) -> None:
    places = heads.head(yaw_, pitch, roll_, far)
    assert yaw(*places[:3]) == pytest.approx(yaw_, abs=15)
    assert roll(*places[:2]) == pytest.approx(roll_, abs=15)


def test_rendered_heads_are_held_as_they_were_rendered() -> None:
    found, truth = heads.rendered()
    np.testing.assert_allclose(found[:, 1], truth[:, 1], atol=0.01)
    # Rendered noses are flat, so the turn comes out too small, but by the same factor for everybody.
    assert np.ptp(truth[:, 0]) > 10
    assert np.corrcoef(found[:, 0], truth[:, 0])[0, 1] > 0.98
    assert 0.3 < (found[:, 0] @ truth[:, 0]) / (truth[:, 0] @ truth[:, 0]) < 1


def test_turn_agrees_roughly_with_a_pose_fitted_to_many_published_landmarks(shared: Path) -> None:
    found, fitted = heads.fitted(shared / "data/stills")
    assert len(found) >= 6
    assert np.abs(found - fitted).mean() < 14
    assert np.corrcoef(found, fitted)[0, 1] > 0.8
