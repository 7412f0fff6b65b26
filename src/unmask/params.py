"""The machinery of `params.yaml`: typed sections, each owned by its verb, and errors that name file, line and key."""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from unmask.errors import ParamsError, undecoded
from unmask.kinds import kind_of, told
from unmask.wording import fault, given, near, sentence

FILE = Path("params.yaml")

# Top-level keys that are no verbs: lists that say what runs, and what one file may cost. All others are verbs.
LISTS = {
    "rendered": ("unmask.render.params", "Rendered"),
    "corpora": ("unmask.index.params", "Corpora"),
    "recipes": ("unmask.train.params", "Recipes"),
    "limits": ("unmask.limits", "Limits"),
}
# Verbs whose parameters are such a list, or stand in recipes.
LISTED = {"index", "probe", "train"}

# What YAML has in common with JSON, besides lists and mappings.
PLAIN = (str, int, float, bool, NoneType)

# What every library that draws takes as a seed.
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]

Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """Base of every section: immutable, unknown keys forbidden; subclasses give no defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def plugin_of(cls, values: object) -> "type[Section]":
        """Give the section that some values are of: this one, or the plugin's that they name."""
        return cls


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 file (as DVC does) into plain values.

    Raises:
        ParamsError: The file is missing or unreadable, is not YAML or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = deepcopy(_values(text))
    except FileNotFoundError:
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise ParamsError(f"{path} does not exist{where}; run from the root of the repository.") from None
    except OSError as error:
        raise ParamsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path} is no text in UTF-8: {undecoded(error, path)}.") from None
    except MarkedYAMLError as error:
        raise ParamsError(f"{path}, {fault(error, text)}") from None
    except Exception as error:
        # Numbers, dates and tags are read by code that raises whatever it likes.
        raise ParamsError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{path} must hold a line `key: value` for every key (given: {given(values)}).")
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
    text = _json(values, path, prefix)
    try:
        # Strict JSON mode takes a list for a tuple but never a string for a number.
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        said = [sentence(model, json.loads(text), problem) for problem in error.errors(include_url=False)]
    # The members of a union are all in the same place and wrong for the same reason.
    lines = dict.fromkeys(at(path, (*prefix, *keys)) + words for keys, words in said if words)
    raise ParamsError("\n".join(lines))


def load(name: str, path: Path = FILE) -> BaseModel:
    """Load one top-level key of `params.yaml` as the typed section that its verb owns.

    Raises:
        ParamsError: The key is missing, unknown to unmask, or its values are wrong.
    """
    values = read_yaml(path)
    if name not in values:
        close = near(name, [str(key) for key in values])
        right = f"is `{close}` misspelt?" if close else f"it must be {told(kind_of(model_of(name, path)))}."
        raise ParamsError(f"{path} has no key `{name}`; {right}")
    return parse(model_of(name, path), values[name], path, (name,))


def load_all(path: Path = FILE) -> dict[str, BaseModel]:
    """Load and check every top-level key of `params.yaml`."""
    return {name: load(name, path) for name in read_yaml(path)}


def names() -> list[str]:
    """List the top-level keys: the lists, and every verb that has a section."""
    verbs = {path.parent.name for path in Path(__file__).parent.glob("*/params.py")}
    return sorted({*LISTS, *verbs} - LISTED)


def model_of(name: str, path: Path = FILE) -> type[BaseModel]:
    """Find the model of a top-level key: `Params` in `unmask.<name>.params`, or what `LISTS` names.

    Raises:
        ParamsError: No verb of that name has parameters.
    """
    if name not in (known := names()):
        close = near(name, known)
        right = f"did you mean `{close}`?" if close else f"there can be {', '.join(known)}."
        raise ParamsError(f"{path}, line {_line(path, (name,))}: unknown key `{name}`; {right}")
    module, attribute = LISTS.get(name, (f"unmask.{name}.params", "Params"))
    model: type[BaseModel] = getattr(import_module(module), attribute)
    return model


def at(path: Path, keys: Sequence[object]) -> str:
    """Say where something stands: file, line and key."""
    return f"{path}, line {_line(path, keys)}: " + (f"`{'.'.join(map(str, keys))}`" if keys else "it")


def placed(path: Path, said: object) -> ParamsError:
    """Put in front of a message in which file it is, and on which line, if it begins with a key that stands there."""
    keys = re.match(r"`([a-z_]\w*(?:\.[a-z_]\w*)*)(?:`|: )", str(said))
    where = f", line {_line(path, keys[1].split('.'))}" if keys and path.is_file() else ""
    return ParamsError(f"{path}{where}: {said}")


def _json(values: object, path: Path, prefix: Sequence[object]) -> str:
    """Write values as JSON, and refuse what YAML has beyond it."""
    try:
        return json.dumps(values)
    except ValueError:
        raise ParamsError(f"{at(path, prefix)} contains itself (an `*alias` inside its own `&anchor`).") from None
    except TypeError:
        keys, odd = next(_odd(values, tuple(prefix)))
        raise ParamsError(
            f"{at(path, keys)}: `{odd}` has the YAML type {type(odd).__name__}, which no key takes; if a text is "
            "meant, quote it."
        ) from None


def _odd(values: object, keys: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], object]]:
    """Find the values and keys that JSON does not have."""
    if isinstance(values, dict | list):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            if not isinstance(key, PLAIN):
                yield keys, key
            yield from _odd(value, (*keys, key))
    elif not isinstance(values, PLAIN):
        yield keys, values


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
