"""The 68 points of a face by an ONNX model of one's own choice, through onnxruntime; once for each crop.

Models are understood that see one face and answer with the coordinates of iBUG's 68 points, as PFLD and its kin do;
those that answer with heat maps are not.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from unmask.errors import DataError, blocked
from unmask.hashing import bytes_sha256
from unmask.sbi.landmarks import Points, five
from unmask.sbi.part import Onnx
from unmask.sbi.transform import Image

KEY = "`blend.points.weights`"

# How far the 68 points may be from the five that the face detector gave, in the mean and in distances of the eyes.
APART = 0.25


class Finder:
    """A landmark model, looked at here and opened by every process that asks it."""

    def __init__(self, options: Onnx) -> None:
        """Check the model, on the CPU.

        A session on a GPU cannot be used in a fork of the process that opened it, and workers of a loader are forks.
        So none is left open; each process opens one when it asks first.

        Raises:
            DataError: The file is missing, another one, or not such a model.
        """
        self._options = options
        self._model = _read(options)
        self._opened: dict[int, Any] = {}  # by process; those of a parent stay, for to close them may hang
        tried = _session(options, self._model, _on_cpu)
        self._size = _sides(tried, options)
        self._answer(tried, np.full((*self._size, 3), 128, np.uint8))

    def __getstate__(self) -> dict[str, Any]:
        """Give what another process may have: all but open sessions."""
        return self.__dict__ | {"_opened": {}}

    def __call__(self, image: Image) -> Points:
        """Find the 68 points of the face in a crop.

        Args:
            image: Height x width x 3, RGB.

        Returns:
            68 x 2, pixels of the crop; (0, 0) is the first pixel's centre.

        Raises:
            DataError: The model answers otherwise.
        """
        height, width = self._size
        # Of the square that the model sees: its first corner, and its pixels for each one of the input.
        seen = np.array(image.shape[1::-1]) * self._options.view
        corner, pixels = (np.array(image.shape[1::-1]) - seen) / 2, seen / [width, height]
        matrix = np.column_stack([np.diag(pixels), corner + 0.5 * pixels - 0.5])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        places = self._answer(self._session(), np.asarray(view, dtype=np.uint8))
        if self._options.units == "shares":
            places = places * [width, height] - 0.5
        return (places + 0.5) * pixels + corner - 0.5

    def _session(self) -> Any:
        process = os.getpid()
        if process not in self._opened:
            from unmask.detect.runtime import session

            self._opened[process] = _session(self._options, self._model, session)
        return self._opened[process]

    def _answer(self, session: Any, view: Image) -> Points:
        colours = view if self._options.colours == "rgb" else view[..., ::-1]
        values = (colours - np.array(self._options.mean)) / np.array(self._options.std)
        given = session.run(None, {session.get_inputs()[0].name: np.float32(values.transpose(2, 0, 1)[None])})
        for output in given:
            if output.size == 68 * 2:
                return np.asarray(output, dtype=np.float64).reshape(68, 2)
        shapes = ", ".join(str(list(output.shape)) for output in given)
        raise DataError(f"{KEY}: {self._options.weights} answers {shapes}; one output must be 68 x 2 numbers.")


def best(points: Points, landmarks: ArrayLike) -> Points:
    """Take a model's 68 points where they are about the face that the detector found; else the detector's five.

    Args:
        points: 68 x 2, pixels.
        landmarks: 5 x 2, pixels.
    """
    known = np.asarray(landmarks, dtype=np.float64)
    apart = float(np.hypot(*(five(points) - known).T).mean())
    return points if apart <= APART * float(np.hypot(*(known[1] - known[0]))) else known


def _read(options: Onnx) -> bytes:
    path = Path(options.weights)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{KEY}: {blocked(error) or f'{path} cannot be read.'}") from None
    if (found := bytes_sha256(data)) != options.sha256:
        raise DataError(
            f"{KEY}: {path} is not the file that `sha256` names: it must be {options.sha256}, but it is {found}."
        )
    return data


def _session(options: Onnx, model: bytes, load: Callable[[bytes], Any]) -> Any:
    try:
        return load(model)
    except Exception as error:
        raise DataError(f"{KEY}: onnxruntime cannot load {options.weights}: {error}") from None


def _on_cpu(model: bytes) -> Any:
    # Not where only the settings are checked.
    import onnxruntime

    from unmask.detect.runtime import ERRORS

    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = ERRORS
    return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def _sides(session: Any, options: Onnx) -> tuple[int, int]:
    """Give height and width of the model's input."""
    shapes = [list(one.shape) for one in session.get_inputs()]
    shape = shapes[0] if len(shapes) == 1 else []
    sides = shape[2:] if len(shape) == 4 and shape[1] == 3 else []
    if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        raise DataError(
            f"{KEY}: {options.weights} takes {', '.join(map(str, shapes))}; it must take [1, 3, height, width], the "
            "sides as numbers."
        )
    return sides[0], sides[1]
