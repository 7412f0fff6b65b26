"""Windows of tracks: faces that follow each other, others in every epoch, each like a track of its own."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from probe.tracked import CHOICES, faces_of, in_order, times, track

from unmask.probe.head import find
from unmask.probe.sequence import TrackNet
from unmask.probe.tracks import Batch, Length, collate, tracks_of, windows
from unmask.train.drawing import Epoch


def test_windows_follow_time_within_one_track_and_go_on_with_epochs() -> None:
    faces = faces_of([np.zeros((7, 2)), np.zeros((3, 2))], [[0, 0, 9, 3, 5, 1, 7], [0, 1, 2]], [0, 1])
    faces.tracks[:2] = 1  # two faces of another person
    tracks = tracks_of(faces)
    starts = set()
    for number in range(1, 30):
        found = [rows.tolist() for rows in windows(faces, tracks, 4, Epoch(1, number, 16))]
        assert found in ([[5, 3, 4, 6], [0, 1], [7, 8, 9]], [[3, 4, 6, 2], [0, 1], [7, 8, 9]])
        alone = [windows(faces, [one], 4, Epoch(1, number, 16))[0].tolist() for one in tracks]
        assert alone == found
        starts.add(found[0][0])
    assert starts == {5, 3}
    assert all(one is other for one, other in zip(windows(faces, tracks, "all", Epoch(1, 1, 16)), tracks, strict=True))


def test_a_window_is_padded_and_timed_like_a_track_of_its_own() -> None:
    rng, lengths = np.random.default_rng(0), (1, 7, 3, 5, 2)
    faces = faces_of([track(rng, n) for n in lengths], [times(rng, n) for n in lengths], [0, 1, 0, 1, 1])
    tracks = windows(faces, tracks_of(faces), 3, Epoch(1, 1, 16))
    batch = collate(faces, tracks)
    assert batch.lengths.tolist() == [1, 3, 3, 3, 2]
    assert batch.padded.sum(dim=1).tolist() == [2, 0, 0, 0, 1]
    for place, rows in enumerate(tracks):
        wanted = faces.seconds[rows] - faces.seconds[rows[0]]
        assert batch.seconds[place, : len(rows)].tolist() == wanted.tolist()


@pytest.mark.parametrize("name", CHOICES)
def test_heads_learn_from_windows_and_judge_whole_tracks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: dict[bool, set[int]] = {True: set(), False: set()}
    original = TrackNet.forward

    def noted(self: TrackNet, batch: Batch) -> torch.Tensor:
        lengths[self.training] |= set(batch.lengths.tolist())
        return original(self, batch)

    monkeypatch.setattr(TrackNet, "forward", noted)
    learned, judged = in_order(1, 40), in_order(2, 20)

    def history(length: Length) -> Sequence[Mapping[str, float]]:
        return find(name).fit(learned, judged, CHOICES[name] | {"epochs": 2, "length": length}, 1).history

    plain = history("all")
    assert lengths == {True: {4, 6, 8}, False: {4, 6, 8}}
    lengths[True].clear()
    assert history(5) != plain
    assert lengths == {True: {4, 5}, False: {4, 6, 8}}
    assert history(8) == plain
