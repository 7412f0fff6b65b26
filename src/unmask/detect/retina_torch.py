"""RetinaFace in torch: the networks of retinaface-pytorch, their weights, and a small body for them.

The MobileNet body is the first layers of MobileNet with a quarter of its channels, as biubug6's Pytorch_Retinaface
names them, put together from the library's own pieces.
"""

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from retinaface.net import conv_bn, conv_dw
from retinaface.network import RetinaFace
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from unmask.detect.detector import Floats
from unmask.detect.retina import CAFFE, Answers, Colours
from unmask.detect.weights import read
from unmask.errors import DataError

# Where `weights: download` looks; the name ends with the first digits of the file's hash.
URL = "https://github.com/ternaus/retinaface/releases/download/0.01/retinaface_resnet50_2020-07-20-f168fae3c.zip"
# The colours of ImageNet, in bytes.
IMAGENET = Colours((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), bgr=False)
# Channels before and after each separable convolution, and its step, of the three parts of the small body.
STAGES = (
    ((8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)),
    ((64, 128, 2), *[(128, 128, 1)] * 5),
    ((128, 256, 2), (256, 256, 1)),
)


class Network:
    """A network that is asked with and answers in arrays."""

    def __init__(self, body: str, weights: str, sha256: str) -> None:
        """Build the network and load its weights; the arguments are the options of the same names."""
        self.colours = IMAGENET if body == "resnet50" else CAFFE
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        net = _network(body)
        _fill(net, _tensors(weights, sha256))
        self._net = net.eval().requires_grad_(False).to(self._device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, seen: Floats) -> Answers:
        """Answer for B x 3 x H x W."""
        batch = torch.from_numpy(seen).to(self._device, memory_format=torch.channels_last)
        boxes, scores, landmarks = self._net(batch)
        return Answers(*(part.float().cpu().numpy() for part in (boxes, landmarks, scores.softmax(-1)[..., 1])))


def _network(body: str) -> nn.Module:
    small = body == "mobilenet0.25"
    with warnings.catch_warnings():  # the library asks torchvision for a body in a way of years ago
        warnings.simplefilter("ignore")
        net: Any = RetinaFace(
            name="Resnet50",
            pretrained=False,
            in_channels=32 if small else 256,
            return_layers={"layer2": 1, "layer3": 2, "layer4": 3},
            out_channels=64 if small else 256,
        )
    if small:
        net.body = Body()
    whole: nn.Module = net
    return whole


class Body(nn.Module):
    """MobileNet with a quarter of its channels, without its classifier."""

    def __init__(self) -> None:
        """Build the three parts, whose maps have an eighth, a sixteenth and a thirty-second of the picture's side."""
        super().__init__()
        first = conv_bn(3, 8, 2, leaky=0.1)
        self.stage1, self.stage2, self.stage3 = (
            nn.Sequential(*([] if number else [first]), *(conv_dw(*layer) for layer in layers))
            for number, layers in enumerate(STAGES)
        )

    def forward(self, batch: Tensor) -> dict[str, Tensor]:
        """Give the three maps, finest first."""
        fine = self.stage1(batch)
        middle = self.stage2(fine)
        return {"1": fine, "2": middle, "3": self.stage3(middle)}


def _tensors(weights: str, sha256: str) -> dict[str, Tensor]:
    """Read the weights; nothing in them is executed.

    Raises:
        DataError: They are missing, others, or no weights.
    """
    path = _downloaded(sha256) if weights == "download" else Path(weights)
    data = read(path, sha256)
    try:
        if path.suffix == ".safetensors":
            return load_safetensors(data)
        tensors: dict[str, Tensor] = torch.load(io.BytesIO(_unzipped(data)), map_location="cpu", weights_only=True)
    except Exception as error:
        # Whatever the readers raise about a file of the right hash, it is the wrong kind of file.
        raise DataError(f"`detect.detector.weights`: {path} holds no weights that can be read: {error}") from None
    return tensors


def _unzipped(data: bytes) -> bytes:
    """Take a .pth out of a .zip around it; a .pth is a zip itself, but of many files."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) == 1:
                return archive.read(names[0])
    return data


def _downloaded(sha256: str) -> Path:
    """Download the library's weights once into torch's folder for weights."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / URL.rpartition("/")[2]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL, str(path), hash_prefix=sha256, progress=False)
        except Exception as error:
            raise DataError(
                f"`detect.detector.weights`: {URL} cannot be had: {error}. Give the path of a file instead."
            ) from None
    return path


def _fill(net: nn.Module, tensors: dict[str, Tensor]) -> None:
    try:
        net.load_state_dict({name.removeprefix("module."): tensor for name, tensor in tensors.items()})
    except Exception as error:
        # Also for a file that holds something else than tensors by name.
        said = " ".join(str(error).split())[:300]
        raise DataError(f"`detect.detector.weights` are not those of `body`: {said}") from None
