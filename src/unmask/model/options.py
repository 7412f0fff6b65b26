"""Options of timm's models: what a recipe may not give by them, looked at before timm builds."""

import re
from collections.abc import Mapping
from typing import Any

from unmask.errors import ParamsError
from unmask.wording import given

# What the recipe says in other places, or the head, or what no network here can have otherwise.
ELSEWHERE = {
    "pretrained": "`model.weights` says it",
    "checkpoint_path": "`model.weights` takes files",
    "pretrained_cfg": "the tag in `model.backbone` says which weights of the hub, and `model.weights` takes files",
    "pretrained_cfg_overlay": "`model.weights` takes files",
    "model_name": "`model.backbone` says it",
    "variant": "`model.backbone` says it",
    "drop_rate": "`model.drop_rate` says it",
    "num_classes": "every network has one output",
    "in_chans": "every image has three colours",
    "features_only": "the head `fusion` takes feature maps",
}
# How timm calls shares that are dropped while training; only then does torch look at them.
RATE = re.compile(r"(\w+_)?drop(_\w+)?_rate")


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse options that have another place, and rates that are none.

    Raises:
        ParamsError: Names the option, and what would be right.
    """
    if odd := next((name for name in options if name in ELSEWHERE), None):
        raise ParamsError(f"`model.options` must not hold `{odd}`: {ELSEWHERE[odd]}.")
    for name, value in options.items():
        # Some backbones take a rate for each block.
        if RATE.fullmatch(name) and not all(map(_is_rate, value if isinstance(value, list) else [value])):
            raise ParamsError(f"`model.options`: `{name}` must be a number from 0 to below 1 (given: {given(value)}).")


def _is_rate(value: object) -> bool:
    # Nothing, as timm has it, is an option that is not given.
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1)
