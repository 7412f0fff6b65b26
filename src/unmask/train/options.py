"""Options of an optimizer: those that it takes, looked at before it is built, for timm drops some in silence."""

import inspect
from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args

from timm.optim._optim_factory import get_optimizer_class

from unmask.errors import ParamsError
from unmask.wording import given, near

KEY = "`train.optimizer_options`"
# What timm itself takes to make groups of parameters.
GROUPS = ("fallback_list", "fallback_no_weight_decay", "layer_decay_min_scale", "layer_decay_no_opt_scale")
# What the recipe says in other places, or what no recipe can mean.
ELSEWHERE = {
    "opt": "`train.optimizer` says it",
    "lr": "`train.lr` says it",
    "weight_decay": "`train.weight_decay` says it",
    "layer_decay": "`train.layer_decay` says it",
    "maximize": "the loss is to fall",
    "capturable": "no step is captured",
    "differentiable": "no gradient goes through a step",
}


def check(name: str, options: Mapping[str, Any]) -> None:
    """Refuse what an optimizer does not take.

    Args:
        name: Of an optimizer of timm.
        options: Further arguments to it.

    Raises:
        ParamsError: An option is unknown, of another kind than the optimizer's own value, or stands elsewhere; or this
            machine does not have the optimizer.
    """
    try:
        made = get_optimizer_class(name, bind_defaults=False)
    except (AssertionError, ImportError) as error:
        raise ParamsError(f"`train.optimizer`: `{name}` does not work here: {str(error).rstrip('.')}.") from None
    takes = dict(inspect.signature(made).parameters)
    own = [one for one in takes if one not in ("params", *ELSEWHERE)] + [*GROUPS]
    anything = any(one.kind is one.VAR_KEYWORD for one in takes.values())
    for option, value in options.items():
        if option in ELSEWHERE:
            raise ParamsError(f"{KEY} must not hold `{option}`: {ELSEWHERE[option]}.")
        if option not in own and not anything:
            close = near(option, own)
            right = f"did you mean `{close}`?" if close else f"there can be {', '.join(own)}."
            raise ParamsError(f"{KEY}: timm's `{name}` has no option `{option}`; {right}")
        if option in takes and (right := _wrong(value, takes[option])):
            raise ParamsError(f"{KEY}: `{option}` of timm's `{name}` must be {right} (given: {given(value)}).")


def _wrong(value: object, taken: inspect.Parameter) -> str:
    """Say what a value must be if it is of another kind than the optimizer's own; of some nothing can be told."""
    own = taken.default
    if value is None and NoneType in get_args(taken.annotation):
        return ""
    if isinstance(own, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(own, int | float):
        return "" if _is_number(value) else f"a number, such as {own:g}"
    if isinstance(own, tuple) and own and all(map(_is_number, own)):
        fits = isinstance(value, list | tuple) and len(value) == len(own) and all(map(_is_number, value))
        return "" if fits else f"a list of {len(own)} numbers, such as {given(list(own))}"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
