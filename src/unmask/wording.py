"""Wording: what is wrong with a value of `params.yaml` or a recipe, in one sentence for the person who wrote it."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import ScalarToken

from unmask.kinds import Kind, kind_of, tags, told

# Problems that pydantic words itself; all others were raised by a validator of ours, with words of ours.
KNOWN = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}
# Characters that are shown of what is given.
LONGEST = 80
# What the YAML reader says (a part of it), what that means, and whether it began where the reader began to look.
FAULTS = (
    ("'\\t'", "a tab; YAML takes only spaces there", False),
    ("cannot start any token", "no value may begin with this sign; quote it", False),
    ("expected <block end>", "it is indented otherwise than the lines around it", False),
    ("could not find expected ':'", "a key must be followed by a colon and a space", True),
    ("mapping values are not allowed", "no `: ` can be here; quote the value, or mend the line above", False),
    ("unexpected end of stream", "a quote is opened and not closed", True),
    ("expected ',' or", "a bracket is opened and not closed, or a comma is missing", True),
    ("undefined alias", "there is no `&anchor` of this name above", False),
    ("could not determine a constructor", "tags with `!` are not understood", False),
    ("expected '<document start>'", "what stands above is no `key: value`", False),
    ("found another document", "`---` begins another document; there can be one", False),
)


def sentence(model: type[BaseModel], values: object, problem: Mapping[str, Any]) -> tuple[list[str | int], str]:
    """Say what one of pydantic's problems is.

    Args:
        model: What the values must look like.
        values: What they are.
        problem: One of `ValidationError.errors()`.

    Returns:
        The keys that lead to where it is, as the user wrote them; and what to say behind them. No text where another
        problem says it all.
    """
    keys, kind, value = _follow(kind_of(model), problem["loc"], values)
    sort = problem["type"]
    # A mapping was meant to be one: what is wrong inside it is told by itself.
    if kind.mappings and isinstance(value, dict):
        return keys, ""
    if sort not in KNOWN:
        said = problem["msg"].removeprefix("Value error, ")
        shown = f" (given: {given(value)})" if _is_brief(value) else ""
        return keys, f"{' ' if said.startswith('must') else ': '}{said}{shown}{'' if said.endswith('?') else '.'}"
    if sort == "extra_forbidden" or problem["loc"][-1:] == ("[key]",):
        return keys, f" is an unknown key; {_instead(str(keys[-1]), kind.names)}"
    if sort == "missing" and value is None:
        return keys, f" is missing; it must be {told(kind)}."
    # An item that is wrong does not count; where there are enough, that one is told.
    if sort == "too_short" and len(problem["input"]) >= problem["ctx"]["min_length"]:
        return keys, ""
    return keys, f" must be {told(kind)} (given: {given(value, kind)}){_hint(kind, value)}"


def fault(error: MarkedYAMLError, text: str) -> str:
    """Say where a text is no YAML, and why."""
    problem = " ".join(str(error.problem).split())
    twice = re.match(r'found duplicate key "(.*?)"', problem)
    if not twice and error.problem_mark and (opened := _opened(text, error.problem_mark.line)):
        closed = error.problem_mark.line + 1
        return f"line {opened}: not valid YAML, the quote that begins there ends on line {closed}; is its end missing?"
    said, begun = next(((said, begun) for part, said, begun in FAULTS if part in problem), (problem, False))
    if twice:
        said = f"the key `{twice[1]}` is there twice; remove one"
    mark = (error.context_mark if begun else None) or error.problem_mark
    return f"line {mark.line + 1 if mark else 0}: not valid YAML, {said}."


def first(error: ValidationError) -> str:
    """Say where a file that unmask wrote itself is not what it should be; nobody mends such a file by hand."""
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    return "it is no JSON" if problem["type"] == "json_invalid" else f"at `{place}`"


def unknown_option(error: Exception) -> str:
    """Give the name of the option that a library's function does not have, if that is what it says.

    Example:
        >>> unknown_option(TypeError("f() got an unexpected keyword argument 'x'"))
        'x'
    """
    found = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    return found[1] if found else ""


def plain_name(name: str, *, dots: bool = False) -> None:
    """Refuse a name that would not do as that of a file, a stage or a part of a key.

    Args:
        name: The name.
        dots: Whether it may hold dots, as names of files do.

    Raises:
        ValueError: It has other characters than letters, digits, `_` and `-`.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+" if dots else r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"the name `{name}` may have only letters, digits,{' `.`,' if dots else ''} `_` and `-`")


def near(name: object, names: Sequence[str]) -> str:
    """Find the name that somebody meant, or nothing.

    Example:
        >>> near("Foldr", ["folder", "table"]), near("x", ["folder"])
        ('folder', '')
    """
    folded = {one.casefold(): one for one in names}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.7) if isinstance(name, str) else []
    return folded[close[0]] if close else ""


def given(value: object, kind: Kind | None = None) -> str:
    """Show a value as YAML writes it, on one line, and not all of a long one.

    Example:
        >>> given({"format": "webp", "level": None}), given("128"), given(None)
        ('{format: webp, level: null}', "'128'", 'nothing')
    """
    shown = "nothing" if value is None else repr(value) if isinstance(value, str) else _flow(value)
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
    quoted = kind is not None and kind.type in (int, float) and isinstance(value, str) and _is_number(value)
    return f"{shown}, a text; without quotes it is a number" if quoted else shown


def _follow(kind: Kind, loc: Sequence[str | int], value: Any) -> tuple[list[str | int], Kind, Any]:
    """Go where pydantic says that a problem is; what is on its way and no key of the user's is left out.

    Returns:
        Keys, what must stand there (for an unknown key: what is around it), and what does.
    """
    keys: list[str | int] = []
    for place, step in enumerate(loc):
        if kind.is_union and kind.choice:
            kind = kind_of(next(one for one in kind.inside if step in tags(one, kind.choice)))
            continue
        if isinstance(value, dict) and step in kind.mappings:
            kind = kind_of(kind.mappings[str(step)])
            continue
        if plugin_of := getattr(kind.type, "plugin_of", None):
            kind = Kind(plugin_of(value))
        if step in kind.fields:
            kind = kind_of(kind.fields[str(step)].annotation, kind.fields[str(step)])
        elif kind.fields:
            return [*keys, step], kind, None
        elif kind.origin is dict:
            key, held = map(kind_of, kind.inside)
            if loc[place + 1 :] == ("[key]",):
                return [*keys, step], key, step
            kind = held
        elif kind.origin in (list, tuple) and isinstance(step, int) and step < len(value):
            one_for_all = kind.origin is list or kind.inside[-1] is ...
            kind = kind_of(kind.inside[0 if one_for_all else step])
        else:  # a member of a union, or an item that is missing
            break
        keys.append(step)
        value = value.get(step) if isinstance(value, dict) else value[step]
    return keys, kind, value


def _hint(kind: Kind, value: object) -> str:
    if kind.origin in (list, tuple) and isinstance(value, str):
        return f"; did you mean `[{value}]`?"
    named = value.get(kind.choice) if kind.choice and isinstance(value, dict) else value
    names = [] if kind.fields else kind.names
    if not (hint := "none" if named is None and "none" in names else near(named, names)):
        return "."
    return f"; did you mean `{kind.choice}: {hint}`?" if kind.choice else f"; did you mean `{hint}`?"


def _instead(name: str, keys: Sequence[str]) -> str:
    if close := near(name, keys):
        return f"did you mean `{close}`?"
    return f"there can be {', '.join(f'`{key}`' for key in keys)}." if keys else "there can be none."


def _opened(text: str, wrong: int) -> int:
    """Find on which line a quoted text begins that ends further down, where something is wrong; 0 without one."""
    try:
        for token in YAML(typ="safe").scan(text):
            begin, end = token.start_mark.line, token.end_mark.line
            if isinstance(token, ScalarToken) and not token.plain and begin < end == wrong:
                return int(begin) + 1
    except YAMLError:
        pass  # it is the one that is to be told
    return 0


def _is_brief(value: object) -> bool:
    """Tell whether a value is worth showing beside words of a validator; a list is if it holds numbers alone."""
    if isinstance(value, list):
        return all(isinstance(one, int | float) for one in value)
    return not isinstance(value, dict)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _flow(value: object) -> str:
    """Write a value in YAML's short form, near enough for a message."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
