"""Doubts: what a recipe may ask and seldom means, told as warnings before it is trained."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask.errors import warn
from unmask.params import FILE, placed
from unmask.wording import near

if TYPE_CHECKING:  # torch takes seconds
    from unmask.train.recipe import Recipe


def tell(plan: "Recipe", path: Path, sections: Mapping[str, Any]) -> None:
    """Warn of what may be meant otherwise.

    Args:
        plan: The recipe.
        path: Its file.
        sections: Every top-level key of `params.yaml`, checked.
    """
    for said in _doubts(plan, sections):
        warn(str(placed(path, said)))


def _doubts(plan: "Recipe", sections: Mapping[str, Any]) -> Iterator[str]:
    import torch

    from unmask.index.params import NAMES
    from unmask.model.freeze import held_at_random

    if said := held_at_random(plan.model):
        yield said
    if plan.train.precision == "fp16" and not torch.cuda.is_available():
        yield "`train.precision`: fp16 needs a GPU, and none is here; training will not begin on this machine."
    if (there := sections["crop"].size) < (wanted := plan.input.size):
        yield f"`input.size` is {wanted}, but `crop.size` in {FILE} is {there}: crops are enlarged, and show no more."
    corpora = list(sections["corpora"].root)
    for name in plan.augment.corpora:
        # Recipes name corpora that a project need not have: names of data sets are none that are misspelt.
        if name not in (*corpora, *NAMES) and (close := near(name, corpora)):
            yield f"`augment.corpora` names `{name}`, which is no corpus of {FILE}; did you mean `{close}`?"
