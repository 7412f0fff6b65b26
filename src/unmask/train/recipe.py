"""The recipe: one YAML file that says model, input, augmentation and training; every key must be given."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from ruamel.yaml import YAML

from unmask.augment import part as augment
from unmask.augment.part import Augment
from unmask.errors import ParamsError
from unmask.model.part import InputPart, ModelPart
from unmask.params import Section, Seed, at, parse, read_yaml
from unmask.sbi.part import BlendPart
from unmask.train.part import TrainPart


class PredictPart(Section):
    """How the network is asked."""

    batch: Annotated[int, Field(ge=1, le=65_536)]


# Sections that another step reads by itself: a change of them trains nothing again.
ELSEWHERE = ("probes",)


class Recipe(Section):
    """One recipe."""

    # Told with the keys below where one is misspelt.
    elsewhere: ClassVar = ELSEWHERE

    seed: Seed
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
    return checked(read_yaml(path), path)


def checked(values: Mapping[str, Any], path: Path) -> Recipe:
    """Check the values of a recipe; errors as for `load`.

    Args:
        values: As read from the file, or changed since.
        path: The file, for messages.
    """
    recipe = parse(Recipe, {key: value for key, value in values.items() if key not in ELSEWHERE}, path)
    _check_pairs(recipe, path)
    return recipe.model_copy(update={"augment": augment.checked(recipe.augment, path)})


def dump(recipe: Recipe) -> str:
    """Write a recipe as YAML that `load` reads back to the same values."""
    values = recipe.model_dump(mode="json")
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.dump(values, text)
    return text.getvalue()


def _check_pairs(recipe: Recipe, path: Path) -> None:
    """Refuse what does not go with blending, which makes two pictures of each real crop and leaves given fakes out."""
    if recipe.blend == "none":
        return
    sampling, batch = recipe.train.sampling, recipe.train.batch
    if sampling.halves:
        raise ParamsError(
            f"{at(path, ('train', 'sampling'))} must be `per_video` (given: `{sampling.name}`), for `blend` makes the "
            "fake of each real crop itself."
        )
    if batch % 2:
        raise ParamsError(
            f"{at(path, ('train', 'batch'))} must be even (given: {batch}), for `blend` makes two of each crop."
        )


def modules(recipe: Recipe) -> list[str]:
    """Name the modules of a recipe's head, blending, augmentations, loss and sampling, for the code version."""
    blending = [] if recipe.blend == "none" else recipe.blend.modules()
    return [*blending, *recipe.model.head.modules(), *augment.modules(recipe.augment), *recipe.train.modules()]
