"""A step of training beside a bare loop of timm and torch with the same network, batch, threads and precision."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
from bench.training.material import Kept
from timm.optim._optim_factory import create_optimizer_v2
from torch.nn.functional import binary_cross_entropy_with_logits

from unmask.train.batches import on
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.data import Crops, Item, read_manifest
from unmask.train.recipe import Recipe
from unmask.train.scoring import to_input
from unmask.train.trainer import Trainer

# Gives the mean loss of so many steps, as many as an epoch has.
Epoch = Callable[[], float]


@dataclass(frozen=True)
class Took:
    """What steps took.

    Attributes:
        bare: Seconds of a step of the bare loop, turn by turn.
        step: The same of a training that gets the same batch.
        epoch: The same of a training that gets its batches from its loader, all crops being in memory.
        losses: Mean loss of the first turn, of the bare loop and of the training with the same batch.
    """

    bare: list[float]
    step: list[float]
    epoch: list[float]
    losses: tuple[float, float]

    def ratio(self, ours: list[float]) -> tuple[float, float, float]:
        """Give the median and the quartiles, over the turns, of the ratio to the bare loop of the same turn."""
        low, middle, high = np.quantile(np.array(ours) / np.array(self.bare), [0.25, 0.5, 0.75])
        return float(middle), float(low), float(high)


class Ours:
    """A training of which one epoch after another can be asked for."""

    def __init__(self, plan: Recipe, crops: Crops, folder: Path) -> None:
        """Build the network.

        Args:
            plan: The recipe.
            crops: Crops that are learned; validation is left out.
            folder: Where a checkpoint would go; none is written.
        """
        self.trainer = Trainer(plan, crops, crops)
        self._state, self._checkpoint = State(), Checkpoint(folder.name, writes=False)

    def fixed(self, batch: Item, steps: int) -> None:
        """From now on, show the same batch in every step."""
        self.trainer._loader = [dict(batch)] * steps

    def __call__(self) -> float:
        """Take an epoch."""
        loss = self.trainer.learn(self._state, self._checkpoint)
        self._state.history.append({"loss": loss})
        return loss


def bare(plan: Recipe, weights: dict[str, torch.Tensor], batch: Item, steps: int) -> Epoch:
    """Give the bare loop: what anybody would write for this network and batch, which is normalised beforehand.

    Args:
        plan: The recipe; backbone, optimizer, rate, clipping and precision are taken from it.
        weights: What the network starts from.
        batch: Pixels (n, 3, side, side), uint8, and labels (n).
        steps: How many an epoch has.
    """
    part, device = plan.train, batch["pixels"].device
    layout = torch.channels_last if plan.model.channels_last else torch.contiguous_format
    network = timm.create_model(plan.model.backbone, num_classes=1).to(device).to(memory_format=layout)
    network.load_state_dict(weights)
    optimizer = create_optimizer_v2(network, opt=part.optimizer, lr=part.lr, weight_decay=part.weight_decay)
    pixels = to_input(batch["pixels"], plan.input).contiguous(memory_format=layout)
    labels, half = batch["label"], {"bf16": torch.bfloat16, "fp16": torch.float16}.get(part.precision)

    def epoch() -> float:
        network.train()
        losses = torch.zeros(steps, device=device)
        for number in range(steps):
            with torch.autocast(device.type, half, enabled=half is not None):
                logits = network(pixels)[:, 0]
            loss = binary_cross_entropy_with_logits(logits.float(), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if part.clip_norm != "none":
                torch.nn.utils.clip_grad_norm_(network.parameters(), part.clip_norm)
            optimizer.step()
            losses[number] = loss.detach()
        return float(losses.mean())

    return epoch


def measure(plan: Recipe, kept: Kept, turns: int) -> Took:
    """Let the bare loop and the training take turns, in reversed order every other time.

    Args:
        plan: The recipe, without augmentation and validation.
        kept: Crops; all of them are an epoch.
        turns: How many after the first, which warms up.
    """
    crops = Crops(read_manifest(kept.manifest), kept.shards, None)
    whole, same = Ours(plan, crops, kept.folder), Ours(plan, crops, kept.folder)
    steps = len(crops) // plan.train.batch
    batch = _first(same.trainer, crops, plan)
    loop = bare(plan, same.trainer.net.state_dict(), batch, steps)
    same.fixed(batch, steps)
    runners: dict[str, Epoch] = {"bare": loop, "step": same, "epoch": whole}
    losses = {name: _deterministic(name != "bare", run)[1] for name, run in runners.items()}
    taken: dict[str, list[float]] = {name: [] for name in runners}
    for turn in range(turns):
        for name in sorted(runners, reverse=turn % 2 == 1):
            taken[name].append(_deterministic(name != "bare", runners[name])[0] / steps)
    return Took(taken["bare"], taken["step"], taken["epoch"], (losses["bare"], losses["step"]))


def _first(trainer: Trainer, crops: Crops, plan: Recipe) -> Item:
    """Give a batch of real crops and fakes, on the device."""
    rows = range(0, len(crops), len(crops) // plan.train.batch)[: plan.train.batch]
    return next(on(trainer.accelerator.device, [crops.__getitems__([(0, row) for row in rows])]))


def _deterministic(wanted: bool, run: Epoch) -> tuple[float, float]:
    """Give the seconds of an epoch and its loss; nobody's bare loop asks for deterministic algorithms."""
    torch.use_deterministic_algorithms(wanted, warn_only=True)
    started = time.perf_counter()
    loss = run()  # ends when the last loss is known, on a GPU too
    return time.perf_counter() - started, loss
