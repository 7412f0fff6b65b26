"""The plan of a study: a YAML file that says what is trained, with which seeds, and what is asked of the results."""

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from unmask.params import Section, parse, read_yaml

# Of a name that stands in a reference of git and in a file's name.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="small letters, digits, - and _")]
Changes = dict[str, Any]


class Arm(Section):
    """One network that is trained, once for each seed.

    Attributes:
        recipe: The recipe that is run.
        params: What is changed in params.yaml, by dotted key, on top of what the plan changes for all.
        change: What is changed in the recipe, by dotted key.
        heads: Names of the recipe's own heads, which stay as they are, or heads with their settings instead of its own;
            each is a system `<arm>+<head>`.
        start: The arm whose network of the same seed it starts from, or none.
    """

    recipe: str
    params: Changes
    change: Changes
    heads: list[Name] | dict[Name, Changes]
    start: str


class Question(Section):
    """One question to the results.

    Attributes:
        ask: The question.
        pairs: Systems, each with the one that it is compared with; all pairs of a list are one answer, their mean.
        remark: What a person adds; may be empty.
    """

    ask: str
    pairs: dict[str, Annotated[list[tuple[str, str]], Field(min_length=1)]]
    remark: str


class Grid(Section):
    """Arms of which every choice on one axis meets every choice on the others.

    Attributes:
        base: What all have in common.
        axes: For each axis its choices by name, with what each changes in the recipe; the first is compared with.
    """

    base: Arm
    axes: dict[Name, Annotated[dict[Name, Changes], Field(min_length=2)]]

    def arms(self) -> dict[str, Arm]:
        """Give the arms, named by their choices."""
        made = {}
        for chosen in product(*(choices.items() for choices in self.axes.values())):
            change = dict(self.base.change)
            for _, more in chosen:
                change |= more
            made["-".join(name for name, _ in chosen)] = self.base.model_copy(update={"change": change})
        return made

    def questions(self) -> list[Question]:
        """Ask of each axis what its further choices change, whatever stands on the others."""
        asked, names = [], list(product(*self.axes.values()))
        for place, (axis, choices) in enumerate(self.axes.items()):
            first, *others = choices
            pairs = {}
            for other in others:
                swapped = [(name, (*name[:place], first, *name[place + 1 :])) for name in names if name[place] == other]
                pairs[f"{other} against {first}"] = [("-".join(a), "-".join(b)) for a, b in swapped]
            asked.append(Question(ask=f"What does the {axis} change?", pairs=pairs, remark=""))
        return asked


class Plan(Section):
    """A whole study.

    Attributes:
        name: Of the study; the names of experiments begin with it.
        seeds: Seeds that each arm is trained with.
        minutes: How long one experiment may take before it is stopped.
        params: What is changed in params.yaml for all.
        arms: What is trained, by name.
        grid: More of it, each choice with each; or none.
        questions: What is asked.
    """

    name: Name
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    minutes: Annotated[float, Field(gt=0)]
    params: Changes
    arms: dict[Name, Arm]
    grid: Literal["none"] | Grid
    questions: list[Question]

    @model_validator(mode="after")
    def _names_are_there(self) -> Self:
        arms = self.trained()
        for name, arm in arms.items():
            if arm.start != "none" and (arm.start not in arms or arms[arm.start].start != "none"):
                raise ValueError(f"`arms.{name}.start`: `{arm.start}` is no arm that starts from none")
            missing = {"split.train_on", "split.validate_on"} - (self.params | arm.params).keys()
            if missing:
                raise ValueError(f"`arms.{name}` or `params` must say `{min(missing)}`")
        systems = self.systems()
        for question in self.questions:
            for name in {name for pairs in question.pairs.values() for pair in pairs for name in pair}:
                if name not in systems:
                    raise ValueError(f"`{question.ask}` asks of `{name}`; there are: {', '.join(systems)}")
        return self

    def trained(self) -> dict[str, Arm]:
        """Give all arms by name."""
        return self.arms if self.grid == "none" else self.arms | self.grid.arms()

    def asked(self) -> list[Question]:
        """Give all questions."""
        return self.questions if self.grid == "none" else self.questions + self.grid.questions()

    def systems(self) -> dict[str, tuple[str, str]]:
        """Give everything that is measured: for each name its arm, and the name that the pipeline gives it."""
        found = {}
        for name, arm in self.trained().items():
            found[name] = name, arm.recipe
            found |= {f"{name}+{head}": (name, f"{arm.recipe}+{head}") for head in arm.heads}
        return found

    def learned(self, name: str) -> set[str]:
        """Name the corpora that an arm learns from or is chosen on."""
        values = self.params | self.trained()[name].params
        return {*values["split.train_on"], *values["split.validate_on"]}

    def seen(self, name: str) -> set[str]:
        """Name these corpora, and those of the network that it starts from."""
        start = self.trained()[name].start
        return self.learned(name) | (set() if start == "none" else self.learned(start))


def load(path: Path) -> Plan:
    """Read and check a plan.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    return parse(Plan, read_yaml(path), path)
