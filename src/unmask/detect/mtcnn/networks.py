"""The three networks of MTCNN, run by onnxruntime, or by torch on a GPU that onnxruntime cannot use.

onnxruntime starts eight times faster than torch and takes half the time for networks this small, if two things are
written for it: a parametric ReLU as a x + (1 - a) max(x, 0), whose parts it runs in its own layout of memory (its own
kernel takes longer than the convolutions), and channels filled up with zeros to a multiple of 16.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from unmask.detect.detector import Floats, Image
from unmask.detect.mtcnn.weights import read
from unmask.detect.runtime import providers, session

# From bytes to [N, numbers] or, for the first one, [N, numbers, rows, columns]: the logarithm of the odds of a face,
# four shifts of the box's edges, and for the last one five x and five y of landmarks.
Network = Callable[[Image], Floats]

# Convolutions, each with its parametric ReLU, and the sides of the pools between them.
LAYERS: dict[str, tuple[str | int, ...]] = {
    "pnet": ("1", 2, "2", "3"),
    "rnet": ("1", 3, "2", 3, "3"),
    "onet": ("1", 3, "2", 3, "3", 2, "4"),
}
# The layer after them, and the names of the heads without their numbers; the first network has none and slides.
HEADS = {"pnet": ("", "conv4"), "rnet": ("4", "dense5"), "onet": ("5", "dense6")}
# Height and width of what they see.
SIDES: dict[str, tuple[int | str, int | str]] = {"pnet": ("height", "width"), "rnet": (24, 24), "onet": (48, 48)}
BLOCK = 16
# Versions of the format and of its operators, old enough for any onnxruntime of today.
FORMAT, OPERATORS = 8, 17
MEAN, SCALE = np.float32(127.5), np.float32(128)


def load(name: str) -> Network:
    """Load a network.

    Args:
        name: `pnet`, `rnet` or `onet`.
    """
    if on_gpu() and len(providers()) == 1:
        return by_torch(name)
    loaded = session(graph(name))

    def run(pixels: Image) -> Floats:
        found: Floats = loaded.run(None, {"pixels": pixels})[0]
        return found

    return run


@cache
def on_gpu() -> bool:
    """Tell whether the networks run on a GPU: by onnxruntime if it can, else by torch."""
    if len(providers()) > 1:
        return True
    if not _gpus():
        return False
    import torch

    return torch.cuda.is_available()


def _gpus() -> int:
    """Count the GPUs of CUDA that this process may use, without importing torch."""
    count = ctypes.c_int(0)
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    return count.value if cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0


def by_torch(name: str) -> Network:
    """Load a network of facenet-pytorch itself, on the GPU if torch can use it."""
    import torch
    from facenet_pytorch.models import mtcnn

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kinds: dict[str, Any] = {"pnet": mtcnn.PNet, "rnet": mtcnn.RNet, "onet": mtcnn.ONet}
    net = kinds[name]().eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(pixels: Image) -> Floats:
        seen = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().sub_(MEAN.item()).div_(SCALE.item())
        *rest, scores = net(seen)
        odds = torch.log(scores[:, 1:]) - torch.log(scores[:, :1])
        found: Floats = torch.cat([odds, *rest], dim=1).cpu().numpy()
        return found

    return run


def graph(name: str) -> bytes:
    """Write a network as an ONNX model from B x H x W x 3 bytes to what `Network` says."""
    made = _Graph(read(name))
    made.pixels()
    for layer in LAYERS[name]:
        if isinstance(layer, int):
            made.add("MaxPool", kernel_shape=[layer, layer], strides=[2, 2], ceil_mode=1)
        else:
            made.convolve(layer)
    dense, heads = HEADS[name]
    if dense:
        made.flatten(dense)
    made.head(heads, dense)
    sides: tuple[int | str, ...] = ("n", made.numbers) if dense else ("n", made.numbers, "rows", "columns")
    given = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", *SIDES[name], 3])
    result = helper.make_tensor_value_info(made.last, TensorProto.FLOAT, sides)
    weights = [numpy_helper.from_array(array, name=key) for key, array in made.weights.items()]
    whole = helper.make_graph(made.nodes, name, [given], [result], weights)
    model = helper.make_model(whole, ir_version=FORMAT, opset_imports=[helper.make_opsetid("", OPERATORS)])
    written: bytes = model.SerializeToString()
    return written


class _Graph:
    """A model that grows by one operation after the other."""

    def __init__(self, given: dict[str, Floats]) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: dict[str, Floats] = {}
        self.last = "pixels"
        self.numbers = 0
        self._given = given
        # Channels of the latest map, and of them those that are not there to fill up.
        self._channels = 3

    def add(self, operator: str, *weights: Floats, given: tuple[str, ...] = (), **attributes: Any) -> str:
        """Add an operation on the latest result, or on those named, and on weights."""
        names = [f"w{len(self.weights) + number}" for number in range(len(weights))]
        self.weights.update(zip(names, weights, strict=True))
        result = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [*(given or (self.last,)), *names], [result], **attributes))
        self.last = result
        return result

    def pixels(self) -> None:
        """Turn bytes into floats with the channels first; their mean and scale go into the first convolution."""
        self.add("Cast", to=TensorProto.FLOAT)
        self.add("Transpose", perm=[0, 3, 1, 2])

    def convolve(self, layer: str) -> None:
        """Add a convolution and its parametric ReLU."""
        weight, bias, slope = (self._given[f"{name}{layer}.{kind}"] for name, kind in CONVOLUTION)
        if self._channels == 3:
            weight, bias = weight / SCALE, bias - weight.sum((1, 2, 3)) * (MEAN / SCALE)
        wide = len(bias) + -len(bias) % BLOCK
        weight, bias, slope = _filled(weight, (wide, self._channels)), _filled(bias, (wide,)), _filled(slope, (wide,))
        straight = self.add("Conv", weight, bias, kernel_shape=weight.shape[2:])
        bent = self.add("Conv", slope.reshape(-1, 1, 1, 1), kernel_shape=(1, 1), group=wide)
        self.add("Relu", given=(straight,))
        rest = self.add("Conv", (1 - slope).reshape(-1, 1, 1, 1), kernel_shape=(1, 1), group=wide)
        self.add("Add", given=(rest, bent))
        self._channels = wide

    def flatten(self, layer: str) -> None:
        """Add the dense layer, which the library feeds column after column, each place with all its channels."""
        weight = self._given[f"dense{layer}.weight"]
        side = round((weight.shape[1] / self._channels) ** 0.5)
        ordered = weight.reshape(len(weight), side, side, self._channels).transpose(0, 3, 2, 1)
        self.add("Flatten")
        self.add("Gemm", ordered.reshape(weight.shape), self._given[f"dense{layer}.bias"], transB=1)
        self.add("PRelu", self._given[f"prelu{layer}.weight"])

    def head(self, heads: str, dense: str) -> None:
        """Add all heads as one; of the two logits only the difference counts."""
        parts = [name for name in self._given if name.startswith(f"{heads}_")]
        weights, biases = ([self._given[name] for name in parts if name.endswith(kind)] for kind in ("weight", "bias"))
        for values in (weights, biases):
            values[0] = values[0][1:] - values[0][:1]
        weight, bias = np.concatenate(weights), np.concatenate(biases)
        if dense:
            self.add("Gemm", weight, bias, transB=1)
        else:
            self.add("Conv", _filled(weight, (len(weight), self._channels)), bias, kernel_shape=weight.shape[2:])
        self.numbers = len(bias)


# Names of the weights of a convolution and its parametric ReLU.
CONVOLUTION = (("conv", "weight"), ("conv", "bias"), ("prelu", "weight"))


def _filled(array: Floats, sides: tuple[int, ...]) -> Floats:
    """Fill up the first sides of an array with zeros."""
    more = [(0, side - old) for side, old in zip(sides, array.shape, strict=False)]
    return np.pad(array, more + [(0, 0)] * (array.ndim - len(sides)))
