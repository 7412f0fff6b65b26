"""Names of backbones: those that timm knows now, and those that it has weights for."""

from difflib import get_close_matches

import timm
from timm.models import get_arch_pretrained_cfgs, get_deprecated_models

from unmask.errors import ParamsError, few
from unmask.model.part import ModelPart


def check_name(part: ModelPart) -> None:
    """Refuse a backbone that timm does not have by this name, and weights that it does not have.

    Raises:
        ParamsError: Names what there is instead.
    """
    name = part.backbone
    family, _, tag = name.partition(".")
    if not timm.is_model(name):
        close = get_close_matches(name, timm.list_models(), n=5, cutoff=0.5)
        said = f"the closest are: {', '.join(close)}" if close else "list them with `timm.list_models()`"
        raise ParamsError(f"`model.backbone`: timm has no model `{name}`; {said}.")
    if tag and name not in (there := get_arch_pretrained_cfgs(family)):
        raise ParamsError(f"`model.backbone`: timm has no `{name}`; of `{family}` it has {_few(list(there))}.")
    if part.weights == "hub" and not timm.is_model_pretrained(name):
        others = timm.list_pretrained(f"{family}.*")
        said = f"it has those of {_few(others)}" if others else "say `none`, or name a file"
        raise ParamsError(f"`model.weights`: timm has no weights of `{name}`; {said}.")


def check_current(name: str) -> None:
    """Refuse an old name of a backbone; a network that was trained under it can still be asked.

    Raises:
        ParamsError: Names the new one.
    """
    if now := get_deprecated_models().get(name.partition(".")[0]):
        raise ParamsError(f"`model.backbone`: `{name}` is an old name; timm calls it `{now}` now, so say that.")


def side(name: str) -> int:
    """Give the pixels of a side for which timm has a backbone; 0 where it does not say."""
    facts = timm.get_pretrained_cfg(name)
    return int(facts.input_size[-1]) if facts else 0


def _few(names: list[str]) -> str:
    return few([f"`{name}`" for name in names]) or "no tags"
