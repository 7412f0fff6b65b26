"""The section `augment` of a recipe: policies by name, and which corpus has which."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

import numpy as np
from pydantic import field_validator

from unmask.augment import operations
from unmask.augment.change import Change, Size
from unmask.augment.settings import Group, Operation
from unmask.errors import DataError, ParamsError, warn
from unmask.params import Section, at, parse
from unmask.wording import near, plain_name

Keys = tuple[str, ...]


class Augment(Section):
    """How training changes its crops, the same for real and fake.

    Attributes:
        policies: For each policy its operations, in the order they are applied, with the settings of each.
        default: The policy of every corpus that `corpora` does not name.
        corpora: Name of a corpus, and of its policy.
    """

    policies: dict[str, dict[str, Any]]
    default: str
    corpora: dict[str, str]

    @field_validator("policies")
    @classmethod
    def _names(cls, policies: dict[str, Any]) -> dict[str, Any]:
        """Names of policies become names of files."""
        for name in policies:
            plain_name(name)
        return policies


class Plugin(Protocol):
    """What a file in `operations/` offers."""

    Settings: type[Operation]

    def draw(self, settings: Any, size: Size, rng: np.random.Generator) -> Change:
        """Throw the dice for pictures of one size."""


def names() -> list[str]:
    """List the operations that exist, sorted."""
    return sorted(module.name for module in iter_modules(operations.__path__))


def plugin(name: str) -> Plugin:
    """Import the operation of a name."""
    module: Any = import_module(f"{operations.__name__}.{name}")
    found: Plugin = module
    return found


def checked(part: Augment, path: Path) -> Augment:
    """Check what one type cannot: every operation against its own settings, and that policies which are named exist.

    Args:
        part: The section as it was read.
        path: The recipe, for the message.

    Returns:
        The section, with an object of its own class for the settings of each operation.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    section: Keys = ("augment",)
    for keys, name in [(("default",), part.default), *((("corpora", key), name) for key, name in part.corpora.items())]:
        _known(name, part.policies, (path, (*section, *keys)), "policy")
    # One by one, so that a mistake is reported with its line and only what is chosen gets imported.
    policies = {
        name: {key: operation(key, given, path, (*section, "policies", name)) for key, given in policy.items()}
        for name, policy in part.policies.items()
    }
    return part.model_copy(update={"policies": policies})


def operation(name: str, given: object, path: Path, keys: Keys) -> Operation:
    """Check an operation's settings against the file in `unmask.augment.operations` that bears its name.

    Args:
        name: Name of the operation.
        given: Its settings.
        path: The recipe, for the message.
        keys: Where in the recipe the operation stands.

    Raises:
        ParamsError: There is no such operation, or a setting is wrong.
    """
    _known(name, names(), (path, (*keys, name)), "operation")
    settings = parse(plugin(name).Settings, given, path, (*keys, name))
    if isinstance(settings, Group):
        held = {key: operation(key, one, path, (*keys, name, "of")) for key, one in settings.of.items()}
        if not any(one.p for one in held.values()):
            raise ParamsError(f"{at(path, (*keys, name, 'of'))}: one operation at least must have a `p` above 0.")
        return settings.model_copy(update={"of": held})
    return settings


def modules(part: Augment) -> list[str]:
    """Name the modules that the operations of all policies come from, for the code version."""
    return sorted({f"{operations.__name__}.{name}" for policy in part.policies.values() for name in _used(policy)})


def compare(part: Augment, corpora: Iterable[str]) -> None:
    """Warn of a corpus that has a policy of its own and no crop to train on.

    Args:
        part: The section.
        corpora: The corpora that train.
    """
    there = sorted(set(corpora))
    for name in sorted(part.corpora.keys() - set(there)):
        close = near(name, there)
        hint = f"did you mean `{close}`?" if close else f"there are: {', '.join(there)}."
        warn(f"`augment.corpora` names `{name}`, of which nothing is trained on; {hint}")


def never_by_label(part: Augment, corpora: Iterable[str], labels: Iterable[int]) -> None:
    """Refuse policies that would change the crops of one class otherwise than those of the other.

    Args:
        part: The section.
        corpora: The corpus of every crop that trains.
        labels: And its label.

    Raises:
        DataError: All crops that a policy changes are of one class.
    """
    changed: dict[str, set[int]] = {}
    for corpus, label in set(zip(corpora, labels, strict=True)):
        changed.setdefault(part.corpora.get(corpus, part.default), set()).add(label)
    for policy, known in sorted(changed.items()):
        if len(changed) > 1 and len(known) == 1:
            what = "fakes" if known == {1} else "real videos"
            raise DataError(
                f"the policy `{policy}` would change {what} alone, and so tell the label: the corpora that have it "
                "train with one class. Give them the policy of the others in `augment.corpora`."
            )


def _used(policy: Mapping[str, Operation]) -> Iterator[str]:
    for name, settings in policy.items():
        yield name
        if isinstance(settings, Group):
            yield from _used(settings.of)


def _known(name: str, known: Iterable[str], place: tuple[Path, Keys], what: str) -> None:
    """Raise an error that lists what exists, unless something does."""
    if name not in (there := list(known)):
        close = near(name, there)
        hint = f"; did you mean `{close}`?" if close else "."
        right = f"there are: {', '.join(there)}" if there else "there is none"
        raise ParamsError(f"{at(*place)}: unknown {what} `{name}`; {right}{hint}")
