"""The recipe: one YAML file that says model, input, augmentation and training; every key must be given."""

from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from ruamel.yaml import YAML

from unmask.errors import ParamsError
from unmask.params import Section, at, parse, read_yaml
from unmask.train import augment
from unmask.wording import near

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Colour = tuple[float, float, float]


class ModelPart(Section):
    """Which network, and what it starts from."""

    backbone: str
    weights: str
    drop_rate: Annotated[float, Field(ge=0, lt=1)]
    channels_last: bool
    options: dict[str, Any]

    @field_validator("weights")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("none", "hub") and not value.endswith(".safetensors"):
            raise ValueError("must be `none`, `hub` or the path of a .safetensors file")
        return value


class InputPart(Section):
    """How a crop becomes the network's input."""

    size: Annotated[int, Field(ge=16, le=1024)]
    mean: Colour
    std: tuple[Positive, Positive, Positive]
    interpolation: Literal["bilinear", "bicubic"]


class TrainPart(Section):
    """How the network learns."""

    epochs: Count
    patience: Count
    crops_per_video: Literal["all"] | Count
    batch: Annotated[int, Field(ge=2)]
    optimizer: str
    optimizer_options: dict[str, Any]
    lr: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_epochs: Annotated[float, Field(ge=0)]
    schedule: Literal["cosine", "none"]
    precision: Literal["fp32", "bf16", "fp16"]
    pos_weight: Literal["auto", "none"] | Positive
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    clip_norm: Literal["none"] | Positive
    freeze_norm: bool

    @model_validator(mode="after")
    def _warmup_ends(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"`warmup_epochs` must be below `epochs` ({self.epochs})")
        return self


class PredictPart(Section):
    """How the network is asked."""

    batch: Count


class Recipe(Section):
    """One recipe; `augment` maps operations, in the order they are applied, to their settings."""

    seed: Annotated[int, Field(ge=0)]
    model: ModelPart
    input: InputPart
    augment: dict[str, Any]
    train: TrainPart
    predict: PredictPart


def load(path: Path) -> Recipe:
    """Read and check a recipe, each augmentation against its own settings.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    values = read_yaml(path)
    recipe = parse(Recipe, values, path)
    # Checked one by one, so that a mistake is reported with its line and only what is chosen gets imported.
    settings = {name: operation(name, given, path) for name, given in recipe.augment.items()}
    return recipe.model_copy(update={"augment": settings})


def operation(name: str, given: object, path: Path) -> Section:
    """Check one augmentation's settings against the module in `unmask.train.augment` that bears its name."""
    known = sorted(module.name for module in iter_modules(augment.__path__))
    if name not in known:
        close = near(name, known)
        right = f"did you mean `{close}`?" if close else f"there are: {', '.join(known)}."
        raise ParamsError(f"{at(path, ('augment', name))}: unknown operation `{name}`; {right}")
    settings: type[Section] = import_module(f"{augment.__name__}.{name}").Settings
    return parse(settings, given, path, ("augment", name))


def dump(recipe: Recipe) -> str:
    """Write a recipe as YAML that `load` reads back to the same values."""
    values = recipe.model_dump(mode="json")
    # A plain dump would not know the classes behind `augment`.
    values["augment"] = {name: settings.model_dump(mode="json") for name, settings in recipe.augment.items()}
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.dump(values, text)
    return text.getvalue()


def modules(recipe: Recipe) -> list[str]:
    """Name the modules that a recipe's augmentations come from, for the code version."""
    return [f"{augment.__name__}.{name}" for name in recipe.augment]
