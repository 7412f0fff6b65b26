"""What is at fault where timm builds no network of a recipe: found by trying again, and told in one sentence."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from unmask.wording import given

# What Python says of a wrong value, and no author of timm: without its kind nobody understands it.
PYTHONS = (TypeError, AttributeError, LookupError, NameError, ArithmeticError)
# Characters that are shown of what a library says.
LONGEST = 300


def culprit(options: Mapping[str, Any], works: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Find the options without which something works.

    Args:
        options: All that are given.
        works: Tells whether it works with some of them.

    Returns:
        One, or all where no single one is to blame; none where it does not work without any.

    Example:
        >>> culprit({"a": 1, "b": 2}, lambda rest: "b" not in rest)
        {'b': 2}
        >>> culprit({"a": 1, "b": 2}, lambda rest: not rest), culprit({"a": 1}, lambda rest: False)
        ({'a': 1, 'b': 2}, {})
    """
    for odd, value in options.items():
        if works({name: other for name, other in options.items() if name != odd}):
            return {odd: value}
    return dict(options) if len(options) > 1 and works({}) else {}


def succeeds(make: Callable[[], object]) -> bool:
    """Tell whether something can be made, and say nothing meanwhile."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            make()
        except Exception:
            return False
    return True


def listed(options: Mapping[str, Any]) -> str:
    """Show options as they stand in the recipe.

    Example:
        >>> listed({"global_pool": "", "output_stride": 5})
        "`global_pool: ''` and `output_stride: 5`"
    """
    return " and ".join(f"`{name}: {given(value)}`" for name, value in options.items())


def reason(error: Exception) -> str:
    """Give what a library says, on one line, with the kind of error where the words alone do not tell.

    Example:
        >>> reason(AssertionError()), reason(KeyError("relux")), reason(ValueError("Size must be even."))
        ('AssertionError', "KeyError: 'relux'", 'Size must be even')
    """
    said = " ".join(str(error).split()).rstrip(".:")
    said = said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
    alone = " " in said and not isinstance(error, PYTHONS)
    return said if alone else ": ".join(filter(None, [type(error).__name__, said]))
