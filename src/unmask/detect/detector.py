"""What a face detector is, and how one is found by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unmask.errors import ParamsError
from unmask.params import Section

FOLDER = Path(__file__).parent / "detectors"
PACKAGE = "unmask.detect.detectors"

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """The faces of one frame.

    Attributes:
        boxes: n x 4, float32: edges x0, y0, x1, y1 in pixels of the frame, not clipped; pixel i spans i to i + 1.
        landmarks: n x 5 x 2, float32: x and y of left eye, right eye, nose, mouth left and mouth right, left as seen
            in the picture; (0, 0) is the centre of the first pixel.
        scores: n, float32: 0 to 1.
    """

    boxes: Floats
    landmarks: Floats
    scores: Floats

    def __len__(self) -> int:
        """Give the number of faces."""
        return len(self.scores)

    def take(self, order: Sequence[int] | NDArray[np.intp]) -> "Found":
        """Pick faces, in the order given."""
        picked = np.asarray(order, dtype=np.intp)
        return Found(self.boxes[picked], self.landmarks[picked], self.scores[picked])


class Options(Section):
    """Options of a face detector as they stand under `detect.detector`; each detector adds its own."""

    name: str

    @classmethod
    def plugin_of(cls, values: object) -> type[Section]:
        """Give the options of the face detector that some values name."""
        name = values.get("name") if isinstance(values, dict) else None
        options: type[Section] = import_module(module_of(name)).Options if name in names() else cls
        return options


class Detector(Protocol):
    """What a file in `detectors/` offers under the name `Detector`, made from the `Options` beside it."""

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of frames.

        Args:
            frames: RGB frames of one video, all of the same height and width, of any size from 1 x 1.

        Returns:
            Faces of each frame, in any order, none when there are none.
        """


def names() -> list[str]:
    """List the face detectors that exist, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def module_of(name: str) -> str:
    """Give the dotted name of a face detector's module."""
    return f"{PACKAGE}.{name}"


def plugin(name: str) -> ModuleType:
    """Import a face detector's module: its options, and not yet the libraries it stands on, which take seconds.

    Raises:
        ParamsError: One of those, which it lists as `NEEDS`, is not installed.
    """
    module = import_module(module_of(name))
    missing = [needed for needed in module.NEEDS if find_spec(needed) is None]
    if missing:
        raise ParamsError(
            f"The face detector `{name}` needs the Python module `{missing[0]}`, which is not installed; "
            "`make setup` installs it."
        )
    return module


def build(options: Options) -> Detector:
    """Make the face detector that some options name."""
    detector: Any = plugin(options.name).Detector
    made: Detector = detector(options)
    return made
