"""The parameters of detect."""

import json
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, SerializeAsAny, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from unmask.detect.detector import Options, names, plugin
from unmask.params import Section


def choose(values: object) -> Options:
    """Validate the options of a face detector against the model beside the detector that they name.

    Raises:
        ValueError: The options are no mapping.
        ValidationError: No such face detector, or an option is wrong; places are relative to `detect.detector`.
    """
    if isinstance(values, Options):
        return values
    if not isinstance(values, dict):
        raise ValueError(
            f"must be a mapping with `name` ({', '.join(names())}) and the options of that face detector; "
            "docs/detectors.md shows each"
        )
    name = values.get("name")
    if name not in names():
        problem = PydanticCustomError("detector", "must be one of {known}", {"known": ", ".join(names())})
        details: InitErrorDetails = {"type": problem, "loc": ("name",), "input": name}
        raise ValidationError.from_exception_data("detector", [details])
    chosen: type[Options] = plugin(name).Options
    return chosen.model_validate_json(json.dumps(values), strict=True)


class Params(Section):
    """How faces are found and linked over the frames of a video.

    Attributes:
        detector: The face detector's name and its own options.
        batch: Frames of one video that go through the detector at once.
        paired: Whether a fake is looked at itself (`own`), or takes over what was found in the frames of the same
            number and size of the real video of its corpus that it was made from, where there are such (`real`).
        track_iou: Smallest intersection over union of two boxes, 0 to 1, that makes them one track.
    """

    detector: Annotated[SerializeAsAny[Options], PlainValidator(choose)]
    batch: Annotated[int, Field(ge=1, le=1024)]
    paired: Literal["own", "real"]
    track_iou: Annotated[float, Field(gt=0, le=1)]
