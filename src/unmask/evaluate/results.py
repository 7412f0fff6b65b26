"""The structure of a recipe's metrics.json, and the only ways to write and read it."""

import json
from pathlib import Path

from pydantic import ValidationError

from unmask.errors import DataError
from unmask.tune.params import Rule
from unmask.tune.points import OperatingPoints, Record
from unmask.wording import first

FILE = "metrics.json"


class Interval(Record):
    """A number and its bootstrap interval; null where it cannot be told, as with one class."""

    value: float | None
    low: float | None
    high: float | None


class Metrics(Record):
    """What one level (faces or videos) of one subset gives; only what has a score enters.

    Attributes:
        reals: Number of scored reals.
        fakes: Number of scored fakes.
        clusters: Number of clusters that the bootstrap drew from.
        skipped: Number of draws that came out with one class and were left out of the intervals.
        auc: Area under the ROC curve.
        ap: Average precision; depends on the share of fakes.
        eer: Equal error rate, interpolated.
        tpr_at_fpr_1: Highest TPR at an FPR of at most 1 %, over all thresholds of this set.
        tpr_at_fpr_10: The same at 10 %.
        accuracy: Share of right calls at the carried threshold; depends on the share of fakes.
        balanced_accuracy: Mean of the shares of right calls over the two classes, at the carried threshold.
        tpr: Share of fakes called fake at the carried threshold.
        fpr: Share of reals called fake at the carried threshold.
        brier: Mean squared error of the calibrated probability, each class counting one half.
        ece: Expected calibration error over ten bins, each class counting one half; without an interval, because
            the bootstrap of a sum of absolute values is biased upwards.
    """

    reals: int
    fakes: int
    clusters: int
    skipped: int
    auc: Interval
    ap: Interval
    eer: Interval
    tpr_at_fpr_1: Interval
    tpr_at_fpr_10: Interval
    accuracy: Interval
    balanced_accuracy: Interval
    tpr: Interval
    fpr: Interval
    brier: Interval
    ece: float | None

    @classmethod
    def intervals(cls) -> list[str]:
        """Name the fields that come with an interval."""
        return [name for name, field in cls.model_fields.items() if field.annotation is Interval]


class Coverage(Record):
    """How many videos have a score.

    Attributes:
        videos: Number of test videos.
        scored: How many of them have a score.
        share: Their share, 0 to 1.
        missing: Why the others have none: number of videos for each status.
    """

    videos: int
    scored: int
    share: float
    missing: dict[str, int]


class Cost(Record):
    """What one rule's carried threshold does on a corpus' videos.

    Attributes:
        tpr: Share of fakes called fake; null without fakes.
        fpr: Share of reals called fake; null without reals.
        accuracy: Share of right calls; null without videos.
        balanced_accuracy: Mean of the shares of right calls over the two classes; null with one class.
    """

    tpr: float | None
    fpr: float | None
    accuracy: float | None
    balanced_accuracy: float | None


class Method(Record):
    """One method's fakes against all reals of its corpus.

    Attributes:
        coverage: Over the method's fakes alone.
        frame: At the level of faces.
        video: At the level of videos.
    """

    coverage: Coverage
    frame: Metrics
    video: Metrics


class Corpus(Record):
    """One corpus' test videos.

    Attributes:
        within: Whether other videos of this corpus were seen: in training, or in validation, which chose epoch and
            threshold.
        coverage: Over all its test videos.
        frame: At the level of faces.
        video: At the level of videos.
        costs: Every rule's video threshold, carried unchanged from validation.
        methods: Every forging method by name.
    """

    within: bool
    coverage: Coverage
    frame: Metrics
    video: Metrics
    costs: dict[Rule, Cost]
    methods: dict[str, Method]


class Results(Record):
    """Everything that one recipe gave on test.

    Attributes:
        recipe: Name of the recipe.
        draws: Number of bootstrap draws.
        confidence: Of all intervals.
        points: The operating points, as fitted on validation.
        corpora: Every corpus by name.
    """

    recipe: str
    draws: int
    confidence: float
    points: OperatingPoints
    corpora: dict[str, Corpus]


def write(results: Results, folder: Path) -> None:
    """Write metrics.json into a folder, which is made when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(results.model_dump_json(indent=2) + "\n", encoding="utf-8")


def write_short(results: Results, folder: Path) -> None:
    """Write the few numbers that people compare over commits: `<corpus>.json`, the same keys in each.

    One file per corpus makes one row per corpus in `dvc metrics show`, instead of a column for each of its numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, corpus in results.corpora.items():
        text = json.dumps(_short(corpus), indent=2) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def read(folder: Path) -> Results:
    """Read metrics.json from a folder.

    Raises:
        DataError: The file is missing or has another structure.
    """
    path = folder / FILE
    try:
        return Results.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; run the step `evaluate`, or fetch it with `dvc pull`.") from None
    except ValidationError as error:
        raise DataError(
            f"{path} is not what this version writes ({first(error)}); run the step `evaluate` again."
        ) from None


def _short(corpus: Corpus) -> dict[str, object]:
    return {
        "auc": corpus.video.auc.model_dump(),
        "frame_auc": corpus.frame.auc.value,
        "ap": corpus.video.ap.value,
        "eer": corpus.video.eer.value,
        "accuracy": corpus.video.accuracy.value,
        "coverage": corpus.coverage.share,
    }
