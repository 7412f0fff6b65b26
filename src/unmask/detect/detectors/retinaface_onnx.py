"""RetinaFace as an ONNX file of one's own choice, through onnxruntime, on the GPU where that has one.

Networks of the PyTorch family are understood (priors and answers as in `unmask.detect.retina`), whatever their body,
the order of their outputs and the size of their input. InsightFace's networks of the same name answer otherwise.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from unmask.detect import retina
from unmask.detect.detector import Floats, Found, Image
from unmask.detect.retina import COARSEST, Answers, Colours, priors
from unmask.detect.weights import Sha256, read
from unmask.errors import DataError

NEEDS = ("onnxruntime",)

# Widths of the three outputs, by which they are told apart: boxes, landmarks, scores.
WIDTHS = (4, 10, 2)


class Options(retina.Options):
    """Options of an ONNX RetinaFace.

    Attributes:
        weights: The ONNX file.
        sha256: Its SHA-256.
        colours: Order of the input's colours.
        mean: What is subtracted from bytes, in that order.
        std: What the difference is divided by.
    """

    name: Literal["retinaface_onnx"]
    weights: Annotated[str, Field(pattern=r"\.onnx$", description="the path of an .onnx file")]
    sha256: Sha256
    colours: Literal["bgr", "rgb"]
    mean: tuple[float, float, float]
    std: tuple[retina.Positive, retina.Positive, retina.Positive]


class Detector:
    """A session of onnxruntime with one thread, and what it takes and gives."""

    def __init__(self, options: Options) -> None:
        """Load the network and look at what it answers."""
        self._options = options
        self._colours = Colours(options.mean, options.std, options.colours == "bgr")
        self._session = _session(options)
        (self._input,) = self._session.get_inputs()
        count, _, height, width = self._input.shape
        # Names or nothing stand for what may change.
        self._size = (height, width) if isinstance(height, int) and isinstance(width, int) else None
        self._one_by_one = isinstance(count, int)
        self._order, self._logits = self._look()

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol says."""
        return retina.find(frames, self._answer, self._options, self._colours, self._size)

    def _answer(self, seen: Floats) -> Answers:
        parts = np.split(seen, len(seen)) if self._one_by_one else [seen]
        boxes, landmarks, scores = (np.concatenate(outputs) for outputs in zip(*map(self._run, parts), strict=True))
        if self._logits:
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
        return Answers(boxes, landmarks, np.ascontiguousarray(scores[..., 1]))

    def _run(self, seen: Floats) -> list[Floats]:
        outputs = self._session.run(None, {self._input.name: seen})
        return [outputs[number] for number in self._order]

    def _look(self) -> tuple[list[int], bool]:
        """Tell the outputs apart on a grey picture, and whether the scores are still logits."""
        size = self._size or (2 * COARSEST, 2 * COARSEST)
        outputs = self._session.run(None, {self._input.name: np.zeros((1, 3, *size), np.float32)})
        shapes = [output.shape for output in outputs]
        wanted = [(1, len(priors(*size)), width) for width in WIDTHS]
        if sorted(shapes) != sorted(wanted):
            raise DataError(
                f"`detect.detector.weights`: {self._options.weights} is no RetinaFace of the kind that is understood: "
                f"for an input of {size[0]} x {size[1]} it must give {wanted}, but it gives {shapes}."
            )
        order = [shapes.index(shape) for shape in wanted]
        return order, not np.allclose(outputs[order[-1]].sum(-1), 1, atol=1e-3)


def _session(options: Options) -> Any:
    # Not where only the options are checked.
    from unmask.detect.runtime import session

    data = read(Path(options.weights), options.sha256)
    try:
        return session(data)
    except Exception as error:
        raise DataError(f"`detect.detector.weights`: onnxruntime cannot load {options.weights}: {error}") from None
