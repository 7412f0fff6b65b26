"""The list of recipes in `params.yaml`."""

from pathlib import Path

from pydantic import RootModel, field_validator

from unmask.wording import near, plain_name

FOLDER = Path("recipes")


class Recipes(RootModel[list[str]]):
    """Names of the recipes that are trained and evaluated, each a file `recipes/<name>.yaml`."""

    @field_validator("root")
    @classmethod
    def _exist(cls, names: list[str]) -> list[str]:
        there = sorted(path.stem for path in FOLDER.glob("*.yaml"))
        for name in names:
            if name not in there:
                close = near(name.removesuffix(".yaml"), there)
                hint = f"; did you mean `{close}`?" if close else ""
                known = ", ".join(there) or "none"
                raise ValueError(f"there is no recipe `{FOLDER}/{name}.yaml`; there are: {known}{hint}")
            if names.count(name) > 1:
                raise ValueError(f"the recipe `{name}` is listed more than once")
            # It stands in commands and in names of stages; a `+` parts a recipe from its heads.
            plain_name(name, dots=True)
        return names
