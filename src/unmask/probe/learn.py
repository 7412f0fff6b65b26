"""How heads on sequences learn: AdamW on batches of tracks, stopped early by the AUC on validation videos."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from unmask.errors import DataError
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, balanced_loss, video_auc
from unmask.probe.sequence import Body, TrackNet
from unmask.probe.standard import Standard
from unmask.probe.tracks import Length, collate, tracks_of, windows
from unmask.train.checkpoint import copy_of
from unmask.train.drawing import Epoch
from unmask.train.optimise import make_repeatable

DIGITS = 6


def learn(body: Callable[[Choice], Body], learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Train a head and keep the epoch that is best on validation; of two with equal AUC the one with the lower loss.

    Args:
        body: Builds the layers that see time.
        learned: Faces of the training split.
        judged: Faces of the validation split.
        choice: A value for every setting of SequenceSettings.
        seed: Seed of weights, order, windows and dropout.

    Raises:
        DataError: The loss is no longer a number.
    """
    with _one_thread():
        make_repeatable(seed, 0)
        net = TrackNet(Standard.of(learned), body(choice), choice)
        optimizer = torch.optim.AdamW(net.parameters(), lr=choice["lr"], weight_decay=choice["weight_decay"])
        history: list[dict[str, float]] = []
        best, state = 0, copy_of(net)
        while len(history) < choice["epochs"] and len(history) - best < choice["patience"]:
            epoch = Epoch(seed, len(history) + 1, choice["batch"])
            loss = _epoch(net, optimizer, learned, choice["length"], epoch)
            numbers = {"loss": loss, **_judge(net, judged, choice["batch"])}
            if not all(map(math.isfinite, numbers.values())):
                raise DataError(f"the loss of epoch {len(history) + 1} is no number; lower the head's `lr`.")
            history.append({name: round(value, DIGITS) for name, value in numbers.items()})
            if not best or _rank(history[-1]) > _rank(history[best - 1]):
                best, state = len(history), copy_of(net)
        net.load_state_dict(state)
    return Fitted(lambda faces: score(net, faces, together=1), history, best)


def score(net: TrackNet, faces: Faces, *, together: int) -> NDArray[np.float64]:
    """Score every track, and give each of its faces the track's score.

    Args:
        net: The head.
        faces: All faces of some videos.
        together: Tracks of one pass. Alone, a track's last bits do not depend on what is beside it.

    Returns:
        Log-odds of fake, shape (faces,).
    """
    net.eval()
    tracks = tracks_of(faces)
    logits = np.empty(len(faces))
    with torch.inference_mode(), _one_thread():
        for start in range(0, len(tracks), together):
            some = tracks[start : start + together]
            for track, logit in zip(some, net(collate(faces, some)).tolist(), strict=True):
                logits[track] = logit
    return logits


def _epoch(net: TrackNet, optimizer: torch.optim.Optimizer, faces: Faces, length: Length, epoch: Epoch) -> float:
    """Take one epoch's steps; order and windows depend on seed and epoch alone."""
    make_repeatable(epoch.seed, epoch.number)
    net.train()
    tracks = tracks_of(faces)
    labels = torch.tensor([float(faces.labels[track[0]]) for track in tracks])
    weights = _balanced(torch.tensor([faces.weights[track].mean() for track in tracks]), labels)
    seen = windows(faces, tracks, length, epoch)
    order = epoch.rng().permutation(len(tracks))
    losses = []
    for rows in np.array_split(order, max(1, len(order) // epoch.batch)):
        logits = net(collate(faces, [seen[row] for row in rows]))
        loss = (weights[rows] * binary_cross_entropy_with_logits(logits, labels[rows], reduction="none")).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _judge(net: TrackNet, faces: Faces, size: int) -> dict[str, float]:
    logits = score(net, faces, together=size)
    if not np.isfinite(logits).all():
        return {"val_loss": math.nan, "val_auc": math.nan}
    return {"val_loss": balanced_loss(faces, logits), "val_auc": video_auc(faces, logits)}


def _rank(numbers: dict[str, float]) -> tuple[float, float]:
    return numbers["val_auc"], -numbers["val_loss"]


def _balanced(weights: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Scale weights to mean 1 so that both classes weigh the same in sum."""
    sums = torch.stack([(weights * (1 - labels)).sum(), (weights * labels).sum()])
    return (weights * len(weights) / 2 / sums[labels.long()]).float()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread, for another number of them changes the last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
