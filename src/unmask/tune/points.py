"""The structure of operating_points.json, and the only ways to write and read it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from unmask.errors import DataError
from unmask.tune.params import Aggregation, Rule
from unmask.wording import first

FILE = "operating_points.json"


class Record(BaseModel):
    """Base of every part: immutable, unknown keys forbidden."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(Record):
    """One rule's operating point: a score is called fake from the threshold up.

    Attributes:
        logit: Threshold in log-odds, before calibration; not rounded, because decisions hang on it.
        probability: The same threshold as calibrated probability, sigmoid(logit / temperature).
        tpr: Share of validation's fakes that are called fake.
        fpr: Share of validation's reals that are called fake.
        f1: F1 of the class fake on validation.
        accuracy: Share of right calls on validation.
        balanced_accuracy: Mean of the shares of right calls over the two classes, on validation.
    """

    logit: float
    probability: float
    tpr: float
    fpr: float
    f1: float
    accuracy: float
    balanced_accuracy: float


class Level(Record):
    """What was fitted at one level.

    Attributes:
        reals: Number of scored reals of validation.
        fakes: Number of scored fakes of validation.
        temperature: Log-odds are divided by it before they become a probability.
        points: Every rule's operating point.
    """

    reals: int
    fakes: int
    temperature: float
    points: dict[Rule, Point]


class OperatingPoints(Record):
    """All that is fitted on validation and carried unchanged to every test set.

    Attributes:
        rule: The rule whose thresholds make decisions.
        aggregation: How the faces of a video became its score.
        corpora: Corpora whose validation videos were used.
        videos: Number of validation videos.
        scored: How many of them have a score.
        frame: Fitted on single faces.
        video: Fitted on whole videos.
    """

    rule: Rule
    aggregation: Aggregation
    corpora: list[str]
    videos: int
    scored: int
    frame: Level
    video: Level


def write(points: OperatingPoints, folder: Path) -> None:
    """Write operating_points.json into a folder, which is made when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(points.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> OperatingPoints:
    """Read operating_points.json from a folder.

    Raises:
        DataError: The file is missing or has another structure.
    """
    path = folder / FILE
    try:
        return OperatingPoints.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; run the step `tune`, or fetch it with `dvc pull`.") from None
    except ValidationError as error:
        raise DataError(
            f"{path} is not what this version writes ({first(error)}); run the step `tune` again."
        ) from None
