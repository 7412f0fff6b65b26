"""The groups of parameters that learn at one rate, as one table."""

from collections.abc import Sequence
from itertools import takewhile

import torch

from unmask.errors import few

HEADER = ("layers", "parameters", "rate", "weight decay")


def table(model: torch.nn.Module, optimizer: torch.optim.Optimizer, rate: float) -> str:
    """Say how every group of an optimizer learns, in the order of layers from the input up.

    Args:
        model: The network, for the names of its parameters.
        optimizer: Its optimizer.
        rate: The highest learning rate of a group whose rate is not scaled.

    Returns:
        A head and one line for each group.
    """
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    lines: list[Sequence[str]] = [HEADER]
    for group in sorted(optimizer.param_groups, key=lambda group: group.get("lr_scale", 1.0)):
        own = [parameter for parameter in group["params"] if parameter.requires_grad]
        if own:
            what = layers([names[id(parameter)] for parameter in own])
            scaled = rate * group.get("lr_scale", 1.0)
            count = sum(parameter.numel() for parameter in own)
            lines.append((what, f"{count:,}", f"{scaled:.3g}", f"{group['weight_decay']:g}"))
    width = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        line[0].ljust(width[0]) + "".join(f"  {text.rjust(w)}" for text, w in zip(line[1:], width[1:], strict=True))
        for line in lines
    )


def layers(names: Sequence[str]) -> str:
    """Say in short which layers some parameters belong to.

    Example:
        >>> layers(["blocks.1.0.conv.weight", "blocks.1.0.bn.bias"]), layers(["stem.weight", "bn1.weight"])
        ('blocks.1.0', 'stem, bn1')
    """
    paths = [name.split(".")[:-1] for name in names]
    common = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))]
    first = [path[0] if path else name for path, name in zip(paths, names, strict=True)]
    return ".".join(common) or few(list(dict.fromkeys(first)))
