"""How the network learns: optimizer, learning rate over time, loss, and what makes it repeatable."""

import math
import os
from difflib import get_close_matches

import torch
from timm.optim._optim_factory import create_optimizer_v2, list_optimizers
from torch.nn.functional import binary_cross_entropy_with_logits

from unmask.errors import EngineError, ParamsError
from unmask.hashing import stable_hash
from unmask.train.recipe import TrainPart
from unmask.wording import unknown_option


def make_repeatable(seed: int, epoch: int) -> None:
    """Seed dropout and the like for one epoch (0: the initial weights), so that a resumed run goes on the same."""
    torch.manual_seed(stable_hash(f"{seed}/{epoch}") >> 1)


def set_up_torch() -> None:
    """Take deterministic algorithms, and `UNMASK_THREADS` threads (another number may change the last bits).

    Raises:
        EngineError: `UNMASK_THREADS` is no whole number.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for to be deterministic
    torch.use_deterministic_algorithms(True, warn_only=True)
    if not (text := os.environ.get("UNMASK_THREADS") or "0").isdecimal():
        raise EngineError(f"UNMASK_THREADS is `{text}`; it must be a whole number of threads, or 0 for every core.")
    torch.set_num_threads(int(text) or len(os.sched_getaffinity(0)))


def build_optimizer(model: torch.nn.Module, part: TrainPart) -> torch.optim.Optimizer:
    """Build the optimizer by its name in timm; norms and biases do not decay.

    Raises:
        ParamsError: timm does not know it, or it does not take the options.
    """
    known = [str(name) for name in list_optimizers()]
    if part.optimizer not in known:
        close = get_close_matches(part.optimizer, known, n=5, cutoff=0.4) or known
        raise ParamsError(f"`train.optimizer`: timm has no `{part.optimizer}`; the closest are: {', '.join(close)}.")
    try:
        optimizer: torch.optim.Optimizer = create_optimizer_v2(
            model, opt=part.optimizer, lr=part.lr, weight_decay=part.weight_decay, **part.optimizer_options
        )
    except (TypeError, ValueError, AssertionError) as error:
        if odd := unknown_option(error):
            raise ParamsError(f"`train.optimizer_options`: timm's `{part.optimizer}` has no option `{odd}`.") from error
        said = str(error).rstrip(".")
        raise ParamsError(f"`train.optimizer_options`: `{part.optimizer}` does not take them: {said}.") from error
    return optimizer


def lr_factor(done: float, part: TrainPart) -> float:
    """Give the share of the full learning rate.

    Args:
        done: Epochs done, with fractions, in the middle of the coming step, so that no step has a rate of 0.
        part: Warm-up, schedule and number of epochs.

    Returns:
        Rises in a line to 1 over the warm-up, then stays there or falls to 0 as half a cosine.
    """
    if done < part.warmup_epochs:
        return done / part.warmup_epochs
    if part.schedule == "none":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (done - part.warmup_epochs) / (part.epochs - part.warmup_epochs)))


def positive_weight(part: TrainPart, labels: torch.Tensor, weights: torch.Tensor) -> float:
    """Give the factor on fakes in the loss; `auto` makes both classes weigh the same in sum."""
    if part.pos_weight == "none":
        return 1.0
    if part.pos_weight == "auto":
        return float((weights * (1 - labels)).sum() / (weights * labels).sum())
    return part.pos_weight


def loss_of(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor, settings: tuple[float, float]
) -> torch.Tensor:
    """Give the weighted binary cross-entropy of a batch.

    Args:
        logits: Shape (n).
        labels: Shape (n), 0 real, 1 fake.
        weights: Shape (n), of mean 1 over the manifest.
        settings: Factor on fakes, label smoothing.

    Returns:
        The mean over the batch.
    """
    factor, smoothing = settings
    soft = labels * (1 - smoothing) + smoothing / 2
    # The factor goes by the true label, so that smoothing does not shift the balance.
    weights = weights * (1 + (factor - 1) * labels)
    return (weights * binary_cross_entropy_with_logits(logits.float(), soft, reduction="none")).mean()
