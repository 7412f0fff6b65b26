"""The recipe: one YAML file that says model, input, augmentation and training; every key must be given."""

from io import StringIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from ruamel.yaml import YAML

from unmask.augment import part as augment
from unmask.augment.part import Augment
from unmask.model.part import InputPart, ModelPart
from unmask.params import Section, parse, read_yaml
from unmask.sbi.part import BlendPart
from unmask.train.part import TrainPart

Count = Annotated[int, Field(ge=1)]


class PredictPart(Section):
    """How the network is asked."""

    batch: Count


# Sections that another step reads by itself: a change of them trains nothing again.
ELSEWHERE = ("probes",)


class Recipe(Section):
    """One recipe."""

    seed: Annotated[int, Field(ge=0)]
    model: ModelPart
    input: InputPart
    blend: Literal["none"] | BlendPart
    augment: Augment
    train: TrainPart
    predict: PredictPart


def load(path: Path) -> Recipe:
    """Read and check a recipe, each augmentation against its own settings.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    values = {key: value for key, value in read_yaml(path).items() if key not in ELSEWHERE}
    recipe = parse(Recipe, values, path)
    return recipe.model_copy(update={"augment": augment.checked(recipe.augment, path)})


def dump(recipe: Recipe) -> str:
    """Write a recipe as YAML that `load` reads back to the same values."""
    values = recipe.model_dump(mode="json")
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.dump(values, text)
    return text.getvalue()


def modules(recipe: Recipe) -> list[str]:
    """Name the modules of a recipe's head, blending, augmentations, loss and sampling, for the code version."""
    blending = [] if recipe.blend == "none" else recipe.blend.modules()
    return [*blending, *recipe.model.head.modules(), *augment.modules(recipe.augment), *recipe.train.modules()]
