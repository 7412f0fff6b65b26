"""Kinds: what a value of `params.yaml` or a recipe must be, read off its type and said in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import MultipleOf
from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

# Of more variants of a mapping only the names are shown, and of a variant with more keys than that only its name.
FORMS, KEYS = 5, 4
WHOLE, NUMBER = "a whole number", "a number"


@dataclass(frozen=True)
class Kind:
    """What a value must be.

    Attributes:
        type: The type without its marks.
        marks: Bounds and lengths.
        choice: The key that tells the variants of a mapping apart, if it has variants.
        meaning: What it is in words, where the type does not tell.
    """

    type: Any
    marks: tuple[Any, ...] = ()
    choice: str = ""
    meaning: str = ""

    @property
    def origin(self) -> Any:
        """Give what the type is without what is inside it."""
        return get_origin(self.type)

    @property
    def inside(self) -> tuple[Any, ...]:
        """Give what is inside the type: variants, values, or what items are."""
        return get_args(self.type)

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """Give the keys of a mapping that has them."""
        fields: dict[str, FieldInfo] = getattr(self.type, "model_fields", {})
        return fields

    @property
    def is_union(self) -> bool:
        """Tell whether it is one of several."""
        return self.origin in (Union, UnionType)

    @property
    def mappings(self) -> dict[str, type[BaseModel]]:
        """Give the mappings among several things that it can be, by the names of their classes."""
        if not self.is_union or self.choice:
            return {}
        return {one.__name__: one for one in self.inside if isinstance(one, type) and issubclass(one, BaseModel)}

    @property
    def names(self) -> list[str]:
        """Give what may stand there, as far as it has a name."""
        if self.choice:
            return [str(tag) for variant in self.inside for tag in tags(variant, self.choice)]
        if self.origin is Literal:
            return [str(value) for value in self.inside]
        # Keys that stand there and that another reads.
        return [*self.fields, *getattr(self.type, "elsewhere", ())]

    @property
    def least(self) -> int:
        """Give how many a list or a mapping must hold."""
        return max((mark.min_length for mark in self.marks if hasattr(mark, "min_length")), default=0)


def kind_of(annotation: Any, field: FieldInfo | None = None) -> Kind:
    """Take an annotation apart, and what the field that it stands in adds."""
    fields, found = [field] if field else [], []
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        fields += [one for one in more if isinstance(one, FieldInfo)]
        found += [one for one in more if not isinstance(one, FieldInfo)]
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return kind_of(annotation.model_fields["root"].annotation, annotation.model_fields["root"])
    found += [mark for one in fields for mark in one.metadata]
    choice = next((one.discriminator for one in fields if isinstance(one.discriminator, str)), "")
    return Kind(annotation, tuple(found), choice, next((one.description for one in fields if one.description), ""))


def tags(variant: type[BaseModel], choice: str) -> tuple[Any, ...]:
    """Give the names of one variant of a mapping."""
    return get_args(variant.model_fields[choice].annotation)


def either(names: Sequence[str]) -> str:
    """Join names by commas and an `or`.

    Example:
        >>> either(["a"]), either(["a", "b", "c"])
        ('a', 'a, b or c')
    """
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def told(kind: Kind) -> str:
    """Say what a value must be.

    Example:
        >>> told(kind_of(tuple[float, float])), told(kind_of(Literal["all"] | int))
        ('a list of 2, each a number', '`all` or a whole number')
    """
    if kind.meaning:
        return kind.meaning
    if kind.type in (int, float):
        return _number(kind)
    if kind.origin is Literal or (kind.is_union and not kind.choice):
        return either(_members(kind))
    if kind.is_union:
        return _forms(kind)
    if kind.origin in (list, tuple):
        return _listed(kind)
    if kind.origin is dict:
        names, held = map(kind_of, kind.inside)
        keys = "names" if names.type is str else told(names)
        least = f"at least {kind.least}, " if kind.least else ""
        return f"a mapping of {least}{keys} to {'values' if held.type is Any else told(held)}"
    if kind.fields:
        several = "s" if len(kind.fields) > 1 else ""
        return f"a mapping with the key{several} {', '.join(f'`{name}`' for name in kind.fields)}"
    return {bool: "true or false", str: "a text"}.get(kind.type, "a mapping without keys")


def _members(kind: Kind) -> list[str]:
    """Say every one of several things that a value can be; nothing, for a key that may be left out, is none."""
    if kind.origin is Literal:
        return [f"`{name}`" for name in kind.names]
    members = [kind_of(one) for one in kind.inside if one is not NoneType]
    found = [said for one in members for said in (_members(one) if one.origin is Literal else [told(one)])]
    # A whole number is one.
    return [said for said in found if said != WHOLE or NUMBER not in found]


def _forms(kind: Kind) -> str:
    """Show every variant of a mapping."""
    if len(kind.names) > FORMS:
        return f"a mapping whose `{kind.choice}` is {either(kind.names)}"
    return either([_form(one, kind.choice, tag) for one in kind.inside for tag in tags(one, kind.choice)])


def _form(variant: type[BaseModel], choice: str, tag: object) -> str:
    needed = [name for name, field in variant.model_fields.items() if field.is_required() and name != choice]
    rest = [f"{name}: ..." for name in needed] if len(needed) <= KEYS else ["..."]
    return f"{{{', '.join([f'{choice}: {tag}', *rest])}}}"


def _number(kind: Kind) -> str:
    name = WHOLE if kind.type is int else NUMBER
    ends: dict[str, str] = {}
    for mark in kind.marks:
        ends |= {end: _shown(getattr(mark, end)) for end in ("ge", "gt", "le", "lt") if hasattr(mark, end)}
        if isinstance(mark, MultipleOf):
            name = "an even whole number" if mark.multiple_of == 2 else f"a multiple of {mark.multiple_of}"
    if "ge" in ends and ends.keys() & {"le", "lt"}:
        return f"{name} from {ends['ge']} to {ends['le'] if 'le' in ends else 'below ' + ends['lt']}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    bounds = " and ".join(f"{words[end]} {value}" for end, value in sorted(ends.items()))
    return f"{name} {bounds}".strip()


def _shown(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _listed(kind: Kind) -> str:
    if kind.origin is tuple and kind.inside[-1] is not ...:
        items = [told(kind_of(one)) for one in kind.inside]
        return f"a list of {len(items)}, " + (f"each {items[0]}" if len({*items}) == 1 else f"{', then '.join(items)}")
    held = kind_of(kind.inside[0])
    if held.type is str and not kind.least:
        return "a list of texts"
    return f"a list{f' of at least {kind.least}' if kind.least else ''}, each item {told(held)}"
