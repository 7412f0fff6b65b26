"""How the network learns: optimizer, learning rate over time, and what makes it repeatable."""

import math
import os
from difflib import get_close_matches
from typing import Any

import torch
from timm.optim._optim_factory import create_optimizer_v2, get_optimizer_info, list_optimizers

from unmask.errors import EngineError, ParamsError
from unmask.hashing import stable_hash
from unmask.model.fault import reason
from unmask.train import options
from unmask.train.part import TrainPart
from unmask.wording import given


def make_repeatable(seed: int, *place: int) -> None:
    """Seed dropout and the like for some place in the training.

    Args:
        seed: The recipe's seed.
        place: The epoch (0: the initial weights); among several processes also the step and the process.
    """
    torch.manual_seed(stable_hash("/".join(map(str, (seed, *place)))) >> 1)


def random_state() -> dict[str, torch.Tensor]:
    """Give the state of torch's generators, on the CPU and on the GPU in use."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else state


def set_random_state(state: dict[str, torch.Tensor]) -> None:
    """Bring torch's generators back into a state; a GPU that was not there then keeps its own."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def set_up_torch() -> None:
    """Take deterministic algorithms, and `UNMASK_THREADS` threads (another number may change the last bits).

    Raises:
        EngineError: `UNMASK_THREADS` is no whole number.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for to be deterministic
    torch.use_deterministic_algorithms(True, warn_only=True)
    # With them torch also fills all new memory, which takes time in every step; nothing here reads what nobody wrote.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    if not (text := os.environ.get("UNMASK_THREADS") or "0").isdecimal():
        raise EngineError(f"UNMASK_THREADS is `{text}`; it must be a whole number of threads, or 0 for every core.")
    # Processes beside each other on one machine share its cores.
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(int(text) or max(len(os.sched_getaffinity(0)) // local, 1))


def build_optimizer(model: torch.nn.Module, part: TrainPart) -> torch.optim.Optimizer:
    """Build the optimizer by its name in timm; norms and biases do not decay.

    With `layer_decay`, each layer, as timm counts them, is a group with a rate of its own (`lr_scale`): the classifier
    learns at the full rate, every layer below it at `layer_decay` of the one above.

    Raises:
        ParamsError: timm does not know it, or it does not take the options.
    """
    # Those of second order need gradients of gradients.
    known = [name for name in map(str, list_optimizers()) if not get_optimizer_info(name).second_order]
    if part.optimizer not in known:
        close = get_close_matches(part.optimizer, known, n=5, cutoff=0.4) or known
        raise ParamsError(f"`train.optimizer`: timm has no `{part.optimizer}`; the closest are: {', '.join(close)}.")
    options.check(part.optimizer, part.optimizer_options)
    more: dict[str, Any] = dict(part.optimizer_options)
    if part.layer_decay != "none":
        _check_layers(model)
        more["layer_decay"] = part.layer_decay
    try:
        optimizer: torch.optim.Optimizer = create_optimizer_v2(
            model, opt=part.optimizer, lr=part.lr, weight_decay=part.weight_decay, **more
        )
    except Exception as error:
        # Whatever an optimizer's own code raises, its cause stands in the recipe.
        name, own = f"timm's `{part.optimizer}`", part.optimizer_options
        what = (
            f"{options.KEY}: {name} does not take {given(own)}" if own else f"`train.optimizer`: {name} cannot be made"
        )
        raise ParamsError(f"{what}: {reason(error)}.") from error
    return optimizer


def lr_factor(done: float, part: TrainPart) -> float:
    """Give the share of the full learning rate.

    Args:
        done: Epochs done, with fractions, in the middle of the coming step, so that no step has a rate of 0.
        part: Warm-up, schedule and number of epochs.

    Returns:
        Rises in a line to 1 over the warm-up, then stays there or falls to 0, in a line or as half a cosine.
    """
    if done < part.warmup_epochs:
        return done / part.warmup_epochs
    if part.schedule == "none":
        return 1.0
    if part.schedule == "linear":
        return (part.epochs - done) / (part.epochs - part.warmup_epochs)
    return 0.5 * (1 + math.cos(math.pi * (done - part.warmup_epochs) / (part.epochs - part.warmup_epochs)))


def _check_layers(model: torch.nn.Module) -> None:
    """Refuse a network of which timm would count the parameters by dozens instead of layers."""
    inner = getattr(model, "backbone", model)
    if not hasattr(inner, "group_matcher"):
        raise ParamsError(
            f"`train.layer_decay` must be `none`, for a {type(inner).__name__} does not say which layers it has."
        )
