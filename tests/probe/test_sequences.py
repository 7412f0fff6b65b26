"""Heads on sequences: what torch gives for one track by itself; what is filled up or beside a track changes nothing."""

from typing import Any

import numpy as np
import pytest
import torch
from probe.tracked import CHOICES, faces_of, in_order, times, track
from sklearn.metrics import roc_auc_score
from torch import nn

from unmask.errors import DataError
from unmask.probe.clock import encode
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, find, video_auc
from unmask.probe.heads.transformer import Encoder
from unmask.probe.learn import learn, score
from unmask.probe.recurrent import Recurrent
from unmask.probe.sequence import Body, TrackNet
from unmask.probe.standard import Standard
from unmask.probe.tracks import Batch, collate, tracks_of

NAMES = tuple(CHOICES)
LENGTHS = (1, 7, 3, 5, 2)


def body(name: str, choice: Choice) -> Body:
    return Encoder(choice) if name == "transformer" else Recurrent(nn.GRU if name == "gru" else nn.LSTM, choice)


def net_of(name: str, faces: Faces, **changes: Any) -> TrackNet:
    torch.manual_seed(5)
    choice = CHOICES[name] | changes
    return TrackNet(Standard.of(faces), body(name, choice), choice).eval()


def some(seed: int = 0) -> Faces:
    rng = np.random.default_rng(seed)
    return faces_of([track(rng, n) for n in LENGTHS], [times(rng, n) for n in LENGTHS], [0, 1, 0, 1, 1])


@pytest.mark.parametrize("name", ["gru", "lstm"])
@pytest.mark.parametrize("both_ways", [False, True])
def test_recurrent_heads_are_torchs_on_one_whole_track_at_a_time(name: str, both_ways: bool) -> None:
    faces = some()
    net: Any = net_of(name, faces, layers=2, both_ways=both_ways)
    kind = nn.GRU if name == "gru" else nn.LSTM
    theirs: Any = kind(16, 16, 2, batch_first=True, bidirectional=both_ways).eval()
    theirs.load_state_dict(net.body.net.state_dict())
    together = net(collate(faces, tracks_of(faces)))
    for place, rows in enumerate(tracks_of(faces)):
        alone = net.read(collate(faces, [rows]))
        outputs, _ = theirs(alone)
        ends = [outputs[0, -1, :16], outputs[0, 0, 16:]] if both_ways else [outputs[0, -1]]
        torch.testing.assert_close(together[place], net.judge(torch.cat(ends))[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_filled_up_changes_nothing(name: str) -> None:
    faces = some()
    net, batch = net_of(name, faces), collate(faces, tracks_of(faces))
    rng = torch.Generator().manual_seed(1)
    noise = torch.rand(batch.values.shape, generator=rng) * 100
    seconds = torch.rand(batch.seconds.shape, generator=rng).double() * 100
    padded = batch.padded
    dirty = Batch(
        torch.where(padded[..., None], noise, batch.values), torch.where(padded, seconds, batch.seconds), batch.lengths
    )
    shuffled = Batch(dirty.values.clone(), dirty.seconds, batch.lengths)
    shuffled.values[0, 1:] = dirty.values[0, 1:].flip(0)
    with torch.inference_mode():
        clean = net(batch)
        torch.testing.assert_close(net(dirty), clean, rtol=0, atol=1e-6)
        torch.testing.assert_close(net(shuffled), clean, rtol=0, atol=1e-6)
        for place, rows in enumerate(tracks_of(faces)):
            torch.testing.assert_close(net(collate(faces, [rows]))[0], clean[place], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_score_does_not_depend_on_what_is_beside(name: str) -> None:
    faces = some()
    net = net_of(name, faces)
    all_of_them = score(net, faces, together=1)
    for video in np.unique(faces.videos):
        rows = np.flatnonzero(faces.videos == video)
        assert np.array_equal(score(net, faces.take(rows), together=1), all_of_them[rows])
        assert len(set(all_of_them[rows])) == 1
    np.testing.assert_allclose(score(net, faces, together=4), all_of_them, atol=1e-6)


def test_transformer_sees_order_only_through_time() -> None:
    rng = np.random.default_rng(2)
    values, seconds, order = track(rng, 6), times(rng, 6), [3, 0, 5, 1, 4, 2]
    net = net_of("transformer", some())

    def logit(rows: list[int], when: np.ndarray) -> torch.Tensor:
        batch = Batch(
            torch.from_numpy(values[rows]).float()[None], torch.from_numpy(when)[None], torch.tensor([len(rows)])
        )
        with torch.inference_mode():
            found: torch.Tensor = net(batch)[0]
        return found

    plain = logit([0, 1, 2, 3, 4, 5], seconds)
    torch.testing.assert_close(logit(order, seconds[order]), plain, rtol=0, atol=1e-6)
    assert abs(logit(order, seconds) - plain) > 1e-4
    still = np.zeros(6)
    torch.testing.assert_close(logit(order, still), logit([0, 1, 2, 3, 4, 5], still), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_real_time_of_frames_counts_and_where_the_track_begins_does_not(name: str) -> None:
    rng = np.random.default_rng(3)
    values, seconds = track(rng, 6), times(rng, 6)
    net = net_of(name, some())

    def logit(when: np.ndarray) -> float:
        return float(score(net, faces_of([values], [when], [1]), together=1)[0])

    assert logit(seconds + 1024) == pytest.approx(logit(seconds), abs=1e-5)
    assert abs(logit(seconds * 2) - logit(seconds)) > 1e-5


def test_faces_of_a_track_come_in_order_of_time() -> None:
    faces = faces_of([np.zeros((4, 2)), np.zeros((2, 2))], [[3, 1, 2, 0], [0, 0]], [0, 1])
    assert [rows.tolist() for rows in tracks_of(faces)] == [[3, 1, 2, 0], [4, 5]]
    faces.tracks[:] = [1, 0, 1, 0, 0, 0]
    assert [rows.tolist() for rows in tracks_of(faces)] == [[3, 1], [2, 0], [4, 5]]
    assert tracks_of(faces.take(np.array([], np.int64))) == []


def test_code_of_time_is_the_papers_where_periods_are_the_papers() -> None:
    # Vaswani et al. 2017: sin(position / 10000^(2i / d)), so periods from 2 pi on.
    width, positions = 8, np.arange(50.0)
    rates = 10000.0 ** (-2 * np.arange(width // 2) / width)
    wanted = np.concatenate([np.sin(positions[:, None] * rates), np.cos(positions[:, None] * rates)], axis=1)
    found = encode(torch.from_numpy(positions), width, 2 * np.pi, 2 * np.pi / rates[-1])
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_what_only_order_tells_is_learned(name: str) -> None:
    learned, judged, asked = in_order(1, 160), in_order(2, 60), in_order(3, 200)
    fitted = find(name).fit(learned, judged, CHOICES[name], 1)
    assert video_auc(asked, fitted.score(asked)) > 0.95


def test_what_only_order_tells_is_not_in_the_mean() -> None:
    learned, asked = in_order(1, 160), in_order(3, 200)
    means = [np.array([faces.values[rows].astype(float).mean(0) for rows in tracks_of(faces)]) for faces in
             (learned, asked)]  # fmt: skip
    np.testing.assert_allclose(np.concatenate(means), 0, atol=1e-3)
    # A linear head on single faces, averaged per video, is all that frame averaging can be.
    fitted = find("logistic").fit(learned, learned, {"c": 1.0, "most_steps": 500}, 0)
    assert 0.3 < video_auc(asked, fitted.score(asked)) < 0.7


@pytest.mark.parametrize("name", NAMES)
def test_training_is_the_same_each_time_and_keeps_the_best_epoch(name: str) -> None:
    learned, judged = in_order(1, 40), in_order(2, 30)
    # Some labels are wrong, so that being ever surer is no longer better.
    judged.labels[judged.videos < "toy/0008"] ^= 1
    choice = CHOICES[name] | {"epochs": 12, "patience": 3, "dropout": 0.2, "lr": 0.05}
    threads = torch.get_num_threads()
    first = find(name).fit(learned, judged, choice, 1)
    torch.rand(3)
    torch.set_num_threads(2)
    again = find(name).fit(learned, judged, choice, 1)
    torch.set_num_threads(threads)
    assert first.history == again.history
    assert np.array_equal(first.score(judged), again.score(judged))
    other = find(name).fit(learned, judged, choice, 2)
    assert first.history != other.history
    best = max(range(len(first.history)), key=lambda n: (first.history[n]["val_auc"], -first.history[n]["val_loss"]))
    assert first.best == best + 1
    assert first.best < len(first.history) == min(12, first.best + 3)
    kept = first.history[first.best - 1]
    logits = first.score(judged)
    assert roc_auc_score(*_per_video(judged, logits)) == pytest.approx(kept["val_auc"], abs=1e-6)
    loss = np.mean(np.logaddexp(0, -(2 * judged.labels - 1) * logits) * judged.balanced)
    assert loss == pytest.approx(kept["val_loss"], abs=1e-5)


def _per_video(faces: Faces, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts = faces.starts
    return faces.labels[starts], logits[starts]


def test_a_loss_that_is_no_number_is_one_error() -> None:
    learned = in_order(1, 20)
    with pytest.raises(DataError, match=r"the loss of epoch \d+ is no number; lower the head's `lr`"):
        learn(lambda given: Recurrent(nn.GRU, given), learned, learned, CHOICES["gru"] | {"lr": 1e30}, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_fitted_head_scores_each_track_by_itself(name: str) -> None:
    fitted = find(name).fit(in_order(1, 20), in_order(2, 20), CHOICES[name] | {"epochs": 1}, 1)
    asked = some(7)
    alone = [fitted.score(asked.take(np.flatnonzero(asked.videos == video))) for video in np.unique(asked.videos)]
    assert np.array_equal(fitted.score(asked), np.concatenate(alone))


@pytest.mark.parametrize("weigh", [1.0, 0.25])
def test_with_nothing_to_see_both_classes_are_as_likely(weigh: float) -> None:
    blank: list[np.ndarray] = [np.zeros((3, 4))] * 50
    faces = faces_of(blank, [np.arange(3)] * 50, [int(number % 5 > 0) for number in range(50)])
    faces.weights[faces.labels == 1] = weigh
    fitted = find("gru").fit(faces, faces, CHOICES["gru"] | {"weight_decay": 0.0, "patience": 30}, 1)
    assert fitted.score(faces)[0] == pytest.approx(0, abs=0.2)


def test_classes_weigh_the_same_however_many_there_are() -> None:
    learned = in_order(1, 40)
    few = learned.take(np.flatnonzero((learned.labels == 0) | (learned.videos < "toy/0008")))
    sums = [few.balanced[few.labels == label].sum() for label in (0, 1)]
    assert sums[0] == pytest.approx(sums[1])
    assert few.balanced.mean() == pytest.approx(1)
