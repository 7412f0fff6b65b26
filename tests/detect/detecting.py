"""Parameters of detect, and face detectors made from them."""

from pathlib import Path
from typing import Any

from unmask import params
from unmask.detect.detector import Detector, build
from unmask.detect.params import Params

OPTIONS: dict[str, dict[str, Any]] = {
    "mtcnn": {"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709},
}
VALUES = {"detector": OPTIONS["mtcnn"], "batch": 8, "paired": "own", "track_iou": 0.1}


def settings(**changed: Any) -> Params:
    return params.parse(Params, VALUES | changed, Path("params.yaml"))


def detector_of(**changed: Any) -> Detector:
    return build(settings(detector=OPTIONS["mtcnn"] | changed).detector)
