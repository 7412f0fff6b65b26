"""The results as a short table of plain text."""

from collections.abc import Sequence
from pathlib import Path

from unmask.evaluate import results
from unmask.evaluate.results import Corpus
from unmask.report.story import ends, number, percent
from unmask.systems import evaluated, place

HEAD = ("recipe", "corpus", "seen", "video AUC", "interval", "frame AUC", "EER", "accuracy", "coverage")
# Columns that hold words and not numbers.
WORDS = 3


def summary(curves: Path, recipes: Sequence[str]) -> str:
    """Give the results of all recipes and of their heads on all corpora, one line each.

    Args:
        curves: Folder with each recipe's folder from `evaluate`.
        recipes: Names of the recipes.

    Raises:
        DataError: A recipe was not evaluated yet.
    """
    found = [results.read(place(curves, name)) for name in evaluated(curves, recipes)]
    rows = [HEAD, *(_row(one.recipe, name, corpus) for one in found for name, corpus in one.corpora.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(_pad(*cell) for cell in zip(row, widths, range(len(HEAD)), strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = {f"Intervals: {percent(one.confidence, 0)}, {one.draws} bootstrap draws of clusters. Accuracy: at the "
             f"threshold that the rule {one.points.rule} gave on validation." for one in found}  # fmt: skip
    return "\n".join([*lines, *sorted(notes)]).replace("\N{NO-BREAK SPACE}", " ")


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < WORDS else cell.rjust(width)


def _row(recipe: str, name: str, corpus: Corpus) -> tuple[str, ...]:
    video = corpus.video
    shares = (percent(share) for share in (video.accuracy.value, corpus.coverage.share))
    return (recipe, name, "yes" if corpus.within else "no", number(video.auc.value), ends(video.auc),
            number(corpus.frame.auc.value), number(video.eer.value), *shares)  # fmt: skip
