"""The plan: a YAML file that says which recipe is tried, with which changes, on which crops."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from unmask.params import Section, parse, read_yaml

# Of a name that stands in the name of a folder.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="small letters, digits and _")]
Changes = dict[str, Any]


class Try(Section):
    """One way to train and ask.

    Attributes:
        says: What is other than in the first one, for the page.
        params: What is changed in params.yaml, by dotted key, on top of what the plan changes for all.
        recipe: What is changed in the recipe, by dotted key.
    """

    says: str
    params: Changes
    recipe: Changes


class Plan(Section):
    """What is tried.

    Attributes:
        recipe: The recipe, a file in `recipes/`.
        folds: Into how many folds people are dealt.
        params: What is changed in params.yaml for all, by dotted key.
        tries: The tries by name; the first is the recipe as it stands.
    """

    recipe: Name
    folds: Annotated[int, Field(ge=3)]
    params: Changes
    tries: Annotated[dict[Name, Try], Field(min_length=1)]


def load(path: Path) -> Plan:
    """Read and check a plan.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    return parse(Plan, read_yaml(path), path)


def changed(values: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Set keys, given as dotted paths, in nested mappings, which stay as they are.

    Raises:
        KeyError: There is no such mapping.

    Example:
        >>> changed({"a": {"b": 1, "c": 2}}, {"a.b": 3})
        {'a': {'b': 3, 'c': 2}}
    """
    new = dict(values)
    for name, value in changes.items():
        first, _, rest = name.partition(".")
        new[first] = changed(new[first], {rest: value}) if rest else value
    return new
