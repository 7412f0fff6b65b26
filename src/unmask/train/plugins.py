"""Parts of a recipe that are chosen by name: one file each, with the settings that it alone has."""

import json
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, ClassVar, Self

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from unmask.params import Section


class Plugin(Section):
    """What stands beside the name of a chosen part; every part's `Settings` narrow `name` and add their own keys.

    Attributes:
        package: Dotted name of the package that holds the parts, one module each.
        name: Name of the module.
    """

    package: ClassVar[str]
    name: str

    @classmethod
    def names(cls) -> list[str]:
        """List the parts that exist, sorted."""
        return sorted(module.name for module in iter_modules(import_module(cls.package).__path__))

    @classmethod
    def plugin_of(cls, values: object) -> type[Section]:
        """Give the settings of the part that some values name."""
        name = values.get("name") if isinstance(values, dict) else None
        if not isinstance(name, str) or name not in cls.names():
            return cls
        chosen: type[Section] = import_module(f"{cls.package}.{name}").Settings
        return chosen

    @classmethod
    def choose(cls, values: object) -> Self:
        """Check values against the settings of the part that they name.

        Raises:
            ValueError: The values are no mapping.
            ValidationError: There is no such part, or a value is wrong; places are relative to the part's own.
        """
        if isinstance(values, cls):
            return values
        if not isinstance(values, dict):
            raise ValueError(f"must be a mapping with `name` ({', '.join(cls.names())}) and the settings of that")
        name, chosen = values.get("name"), cls.plugin_of(values)
        if chosen is cls:
            problem = PydanticCustomError("plugin", "must be one of {known}", {"known": ", ".join(cls.names())})
            details: InitErrorDetails = {"type": problem, "loc": ("name",), "input": name}
            raise ValidationError.from_exception_data(cls.__name__, [details])
        settings: Any = chosen.model_validate_json(json.dumps(values), strict=True)
        return settings  # type: ignore[no-any-return]

    @property
    def module_name(self) -> str:
        """Give the dotted name of the part's module."""
        return f"{self.package}.{self.name}"

    @property
    def module(self) -> ModuleType:
        """Import the part's module."""
        return import_module(self.module_name)
