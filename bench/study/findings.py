"""What differences say, in sentences made by one rule, whichever way they turn out."""

from bench.study.compare import Estimate

MANY = {1: "one seed", 2: "two seeds", 3: "three seeds"}


def verdict(difference: Estimate, confidence: float) -> str:
    """Say in a phrase what a difference shows.

    A system gains or loses where the interval leaves out 0 and every seed agrees; all else is no difference that can be
    shown, which is not the same as no difference.

    Args:
        difference: Of the AUC of two systems.
        confidence: Of the interval.
    """
    low, high = difference.interval(confidence)
    told = numbers(difference, confidence)
    if low > 0 and min(difference.seeds) > 0:
        return f"gains {told}"
    if high < 0 and max(difference.seeds) < 0:
        return f"loses {told}"
    count = len(difference.seeds)
    return f"no difference that {MANY.get(count, f'{count} seeds')} and these videos can show: {told}"


def numbers(difference: Estimate, confidence: float) -> str:
    """Write a difference with its interval, and the lowest and highest seed."""
    low, high = difference.interval(confidence)
    said = f"{signed(difference.value)} [{signed(low)}, {signed(high)}]"
    if len(difference.seeds) == 1:
        return said
    return f"{said}, seeds {signed(min(difference.seeds))} to {signed(max(difference.seeds))}"


def signed(number: float) -> str:
    """Write a number with its sign, nothing with none.

    Example:
        >>> signed(0.0321), signed(-0.5), signed(-0.0001)
        ('+0.032', '-0.500', '0.000')
    """
    return f"{number:+.3f}" if round(number, 3) else "0.000"
