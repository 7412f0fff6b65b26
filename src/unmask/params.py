"""The machinery of `params.yaml`: typed sections, each owned by its verb, and errors that name file, line and key."""

import json
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from unmask.errors import ParamsError

FILE = Path("params.yaml")

# The three top-level lists that say what runs, and what one file may cost; every other top-level key is a verb.
LISTS = {
    "rendered": ("unmask.render.params", "Rendered"),
    "corpora": ("unmask.index.params", "Corpora"),
    "recipes": ("unmask.train.params", "Recipes"),
    "limits": ("unmask.limits", "Limits"),
}

Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """Base of every section: immutable, unknown keys forbidden; subclasses give no defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 file (as DVC does) into plain values.

    Raises:
        ParamsError: The file is missing, is not YAML or is not a mapping.
    """
    try:
        values = deepcopy(_values(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist in {Path.cwd()}; run from the root of the repository.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ParamsError(f"{path}, line {line}: not valid YAML, {error.problem}.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{path} must be a mapping of keys to values, not {type(values).__name__}.")
    return values


@cache
def _values(text: str) -> Any:
    """Parse YAML; a stage asks for one section after the other, and each time costs a twentieth of a second."""
    return YAML(typ="safe").load(text)


def parse(model: type[Model], values: object, path: Path, prefix: tuple[str, ...] = ()) -> Model:
    """Validate plain values strictly ("8" is no number) against a model.

    Args:
        model: What the values must look like.
        values: Lists, mappings, strings, numbers, booleans and None.
        path: The file the values came from, for the message.
        prefix: Where in the file the values stand.

    Raises:
        ParamsError: Names file, line, key, value and what is allowed, one line for each problem.
    """
    try:
        # Strict JSON mode takes a list for a tuple but never a string for a number.
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        lines = [_sentence(path, prefix, problem) for problem in error.errors(include_url=False)]
        raise ParamsError("\n".join(lines)) from None
    except TypeError as error:
        raise ParamsError(f"{path}, {'.'.join(prefix)}: {error}.") from None


def load(name: str, path: Path = FILE) -> BaseModel:
    """Load one top-level key of `params.yaml` as the typed section that its verb owns.

    Raises:
        ParamsError: The key is missing, unknown to unmask, or its values are wrong.
    """
    values = read_yaml(path)
    if name not in values:
        raise ParamsError(f"{path} has no key `{name}`; it must say what `{name}` is.")
    return parse(model_of(name, path), values[name], path, (name,))


def load_all(path: Path = FILE) -> dict[str, BaseModel]:
    """Load and check every top-level key of `params.yaml`."""
    return {name: load(name, path) for name in read_yaml(path)}


def model_of(name: str, path: Path = FILE) -> type[BaseModel]:
    """Find the model of a top-level key: `Params` in `unmask.<name>.params`, or one of the three lists.

    Raises:
        ParamsError: No verb of that name has parameters.
    """
    module, attribute = LISTS.get(name, (f"unmask.{name}.params", "Params"))
    if not name.isidentifier() or util.find_spec(module.rpartition(".")[0]) is None or not util.find_spec(module):
        raise ParamsError(f"{path}, line {_line(path, (name,))}: unknown key `{name}`; no step has this name.")
    model: type[BaseModel] = getattr(import_module(module), attribute)
    return model


def _sentence(path: Path, prefix: tuple[str, ...], problem: Any) -> str:
    keys = _written(path, (*prefix, *problem["loc"]))
    key = ".".join(str(part) for part in keys)
    # A whole section as the value would only repeat the file.
    silent = problem["type"] in ("missing", "extra_forbidden") or isinstance(problem["input"], dict)
    given = "" if silent else f" (given: {problem['input']!r})"
    said = {
        "extra_forbidden": "unknown key; remove it or mend its spelling",
        "missing": "is missing; every key must be given",
    }.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"{path}, line {_line(path, keys)}: `{key}` {said}{given}."


def _written(path: Path, keys: Sequence[object]) -> list[object]:
    """Leave out of a path of keys what only the model knows: the name of the chosen plugin, and `[key]`."""
    node: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    kept: list[object] = []
    for place, key in enumerate(keys):
        inside = isinstance(node, dict) and key not in node
        if key == "[key]" or (inside and place < len(keys) - 1):
            continue
        kept.append(key)
        listed = isinstance(node, list) and isinstance(key, int) and key < len(node)
        node = node[key] if listed or (isinstance(node, dict) and not inside) else None
    return kept


def _line(path: Path, keys: Sequence[object]) -> int:
    """Find the line on which the deepest existing key of a path of keys stands."""
    node: Any = YAML().load(path.read_text(encoding="utf-8"))
    line = 0
    for key in keys:
        try:
            place = node.lc  # scalars have none
            line = (place.item if isinstance(key, int) else place.key)(key)[0]
            node = node[key]
        except (KeyError, IndexError, AttributeError, TypeError):
            break
    return line + 1
