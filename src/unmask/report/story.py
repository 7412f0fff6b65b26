"""Plain sentences: what a recipe's numbers mean."""

from dataclasses import dataclass

from unmask.evaluate.results import Corpus, Interval, Results

NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class Story:
    """What one recipe's numbers mean.

    Attributes:
        recipe: Name of the recipe.
        ranking: How well it tells fakes from reals at home and elsewhere.
        deciding: What its carried threshold does elsewhere; empty if there is nowhere else.
        gap: Mean AUC within minus mean AUC across corpora; None if one of the two is missing.
    """

    recipe: str
    ranking: str
    deciding: str
    gap: float | None


def tell(results: Results) -> Story:
    """Tell one recipe's story."""
    within = {name: corpus for name, corpus in results.corpora.items() if corpus.within}
    across = {name: corpus for name, corpus in results.corpora.items() if not corpus.within}
    gap = _gap(within, across)
    parts = [_ranks(within, "of which it saw other videos"), _ranks(across, "which it never saw")]
    told = " ".join(part for part in parts if part)
    return Story(results.recipe, told or "No corpus has scored videos of both classes.", _decides(results, across), gap)


def number(value: float | None, digits: int = 3) -> str:
    """Write a number, or a dash where there is none.

    Example:
        >>> number(0.9), number(None) == NOTHING
        ('0.900', True)
    """
    return NOTHING if value is None else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share in percent, or a dash where there is none.

    Example:
        >>> percent(0.5, 0).split(), percent(0.0784).split()
        (['50', '%'], ['7.8', '%'])
    """
    return NOTHING if value is None else f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def ends(interval: Interval) -> str:
    """Write an interval, or nothing where there is none."""
    return "" if interval.low is None or interval.high is None else f"[{interval.low:.3f}, {interval.high:.3f}]"


def _ranks(corpora: dict[str, Corpus], which: str) -> str:
    known = [(name, corpus.video.auc) for name, corpus in corpora.items() if corpus.video.auc.value is not None]
    if not known:
        return ""
    cases = [f"{100 * (auc.value or 0):.0f} times in 100 (AUC " + f"{number(auc.value)} {ends(auc)}".strip() + ")"
             for _, auc in known]  # fmt: skip
    verb = "it scores a fake above a real video"
    if len(known) == 1:
        return f"On {known[0][0]}, {which}, {verb} {cases[0]}."
    listed = _listed([f"{case} on {name}" for (name, _), case in zip(known, cases, strict=True)])
    return f"On corpora {which}, {verb} {listed}."


def _decides(results: Results, across: dict[str, Corpus]) -> str:
    point = results.points.video.points[results.points.rule]
    cases = [f"on {name} it catches {percent(corpus.video.tpr.value, 0)} of fakes and flags "
             f"{percent(corpus.video.fpr.value, 0)} of real videos"
             for name, corpus in across.items() if corpus.video.auc.value is not None]  # fmt: skip
    if not cases:
        return ""
    home = f"caught {percent(point.tpr, 0)} of fakes and flagged {percent(point.fpr, 0)} of real videos"
    return f"On validation its threshold {home}; carried over unchanged, {_listed(cases)}."


def _gap(within: dict[str, Corpus], across: dict[str, Corpus]) -> float | None:
    means = []
    for corpora in (within, across):
        known = [corpus.video.auc.value for corpus in corpora.values() if corpus.video.auc.value is not None]
        means.append(sum(known) / len(known) if known else None)
    return None if means[0] is None or means[1] is None else means[0] - means[1]


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
