"""The section `probes` of a recipe: which network is frozen, and which heads learn from what it sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from unmask.errors import ParamsError
from unmask.params import Section, Seed, at, parse, read_yaml
from unmask.probe.head import Head, HeadSettings, find, names
from unmask.wording import near

KEY = "probes"


class Probes(Section):
    """What is frozen, and what learns.

    Attributes:
        network: Whose embeddings are taken: `trained`, this recipe's model; `pretrained`, its backbone as it starts.
        faces_per_video: From how many faces of each training video heads learn that judge single faces.
        heads: Names of heads, each with its settings.
    """

    network: Literal["trained", "pretrained"]
    faces_per_video: Literal["all"] | Annotated[int, Field(ge=1)]
    heads: dict[str, Any]

    @model_validator(mode="after")
    def _mean_is_trained(self) -> Self:
        if self.network == "pretrained" and "mean" in self.heads:
            raise ValueError("`heads.mean` averages the trained head, which `network: pretrained` does not have")
        return self


class Seeded(Section):
    """What the step takes of a recipe besides the network; the network's sections are for `train.recipe`."""

    seed: Seed
    probes: Probes


@dataclass(frozen=True)
class Plan:
    """The checked section of one recipe.

    Attributes:
        recipe: Name of the recipe.
        seed: Seed of the recipe.
        probes: The section.
        heads: Every head by name, with its settings.
    """

    recipe: str
    seed: int
    probes: Probes
    heads: Mapping[str, tuple[Head, HeadSettings]]


def load(path: Path) -> Plan:
    """Read and check the section `probes` of a recipe, each head against its own settings.

    Args:
        path: The recipe; its name is the file's.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    values = read_yaml(path)
    found = parse(Seeded, {key: values[key] for key in ("seed", KEY) if key in values}, path)
    heads = {name: _head(name, given, path) for name, given in found.probes.heads.items()}
    return Plan(path.stem, found.seed, found.probes, heads)


def _head(name: str, given: object, path: Path) -> tuple[Head, HeadSettings]:
    if name not in (known := names()):
        close = near(name, known)
        right = f"did you mean `{close}`?" if close else f"there are: {', '.join(known)}."
        raise ParamsError(f"{at(path, (KEY, 'heads', name))}: unknown head `{name}`; {right}")
    head = find(name)
    return head, parse(head.Settings, given, path, (KEY, "heads", name))
