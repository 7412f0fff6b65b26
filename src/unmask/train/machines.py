"""What accelerate finds: one process or several, CPU or GPU, and the precision that it computes in."""

from accelerate import Accelerator
from accelerate.state import AcceleratorState

from unmask.errors import ParamsError
from unmask.train.part import TrainPart


def accelerator(part: TrainPart, views: int) -> Accelerator:
    """Give accelerate's view of the machines, for the precision of a recipe.

    Args:
        part: What the recipe says about training.
        views: Pictures that each crop gives; they stay together.

    Raises:
        ParamsError: This machine does not have the precision, or the batch cannot be shared among the processes.
    """
    # A training before this one, as in a search, may have had another precision; accelerate would refuse to change it.
    AcceleratorState._reset_state()
    precision = "no" if part.precision == "fp32" else part.precision
    try:
        found = Accelerator(mixed_precision=precision)
    except ValueError as error:
        raise ParamsError(f"`train.precision`: {part.precision} does not work on this machine: {error}") from None
    # accelerate itself refuses it in some versions alone.
    if part.precision == "fp16" and found.device.type == "cpu":
        raise ParamsError("`train.precision`: fp16 needs a GPU, and none is here; take bf16 or fp32.")
    if found.gradient_accumulation_steps != 1:
        raise ParamsError(
            "accelerate is told to gather the gradients of several steps (`gradient_accumulation_steps`), which "
            "would shrink every step here; take it from its configuration, and a larger `train.batch`."
        )
    # The batch is that of all processes together, so that their number changes nothing but the speed.
    if part.batch % (views * found.num_processes):
        pairs = " in pairs" if views > 1 else ""
        raise ParamsError(
            f"`train.batch` ({part.batch}) cannot be shared among {found.num_processes} processes{pairs} alike."
        )
    return found
