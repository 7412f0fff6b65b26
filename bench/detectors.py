"""Compare the face detectors on stills with published faces and on pictures without one; write the table of docs.

    make bench-detectors

Recall and landmark error are taken at a smallest face of 0.03 of the picture, so that all published faces count; false
faces at that and at the default of `params.yaml`, 0.15. Each picture goes through alone, in one thread.
"""

import argparse
import time
from collections import Counter
from pathlib import Path
from statistics import mean, median
from typing import Any

import cv2
import torch
from bench import docs
from facenet_pytorch.models import mtcnn
from stills import EMPTY, FOUND, OPTIONS, detector, nearest, picture, published

from unmask.detect.detector import Detector, Floats, Found, Image
from unmask.detect.mtcnn import networks
from unmask.detect.mtcnn.networks import Network
from unmask.errors import ParamsError

DEFAULT, SMALL = 0.15, 0.03
ROUNDS = 4
HEAD = ("face detector", "faces found", "mean error", "largest error", "false, from 0.15", "false, from 0.03", "ms")
PART = "detectors"


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/stills and weights")
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    docs.tell(tables(arguments.shared), PART, arguments.write)


def tables(shared: Path) -> str:
    """Measure every face detector; give Markdown: the table, what is left to say of it, and the false faces."""
    stills = shared / "data/stills"
    faces = [(picture(path), face) for _, path, found in published(stills) for face in found]
    empty = {name: picture(stills / name) for name in EMPTY}
    rows, false = [], []
    for name in OPTIONS:
        try:
            cells, exceptions = _measured(name, shared, faces, empty)
        except ParamsError as error:
            cells, exceptions = ["not measured", *[""] * (len(HEAD) - 2)], [f"not measured: {error}"]
        rows.append([f"`{name}`", *cells])
        false += [f"- `{name}`: {exception}" for exception in exceptions]
    sets = Counter(name for name, _, found in published(stills) for _ in found)
    counted = ", ".join(f"{count} of {name}" for name, count in sets.items())
    return "\n".join(
        [
            docs.table(HEAD, rows),
            "",
            f"Published faces: {counted}. Pictures without a face: {len(empty)}.",
            "",
            "False faces and their scores, from 0.03:",
            "",
            *(false or ["- none"]),
            "",
            _narrow(shared, [image for image, _ in faces]),
        ]
    )


def _measured(
    name: str, shared: Path, faces: list[tuple[Image, object]], empty: dict[str, Image]
) -> tuple[list[str], list[str]]:
    find = detector(name, shared, min_face=SMALL)
    find([faces[0][0]])
    errors, seconds = [], []
    for image, face in faces:
        start = time.perf_counter()
        (found,) = find([image])
        seconds.append(time.perf_counter() - start)
        errors.append(nearest(found, face))
    good = [error for error in errors if error < FOUND]
    coarse = detector(name, shared, min_face=DEFAULT)
    false = {least: _false(found_by, empty) for least, found_by in ((DEFAULT, coarse), (SMALL, find))}
    counts = [str(sum(map(len, scores.values()))) for scores in false.values()]
    cells = [f"{len(good)} of {len(errors)}", f"{mean(good):.1%}", f"{max(good):.1%}", *counts]
    told = [f"{file}, {', '.join(f'{score:.2f}' for score in scores)}" for file, scores in false[SMALL].items()]
    return [*cells, f"{1000 * median(seconds):.0f}"], told


def _false(find: Detector, empty: dict[str, Image]) -> dict[str, list[float]]:
    """Give the scores of the faces that are found where there are none, by picture."""
    found = {name: find([image])[0].scores.tolist() for name, image in empty.items()}
    return {name: sorted(scores, reverse=True) for name, scores in found.items() if scores}


def _narrow_network(name: str) -> Network:
    """Load a network of facenet-pytorch in bf16, which onnxruntime has no convolutions for on a CPU."""
    kinds: dict[str, Any] = {"pnet": mtcnn.PNet, "rnet": mtcnn.RNet, "onet": mtcnn.ONet}
    net = kinds[name]().eval().requires_grad_(False).bfloat16().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(pixels: Image) -> Floats:
        seen = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().sub_(127.5).div_(128)
        *rest, scores = (output.float() for output in net(seen.bfloat16()))
        found: Floats = torch.cat([torch.log(scores[:, 1:]) - torch.log(scores[:, :1]), *rest], dim=1).numpy()
        return found

    return run


def _narrow(shared: Path, images: list[Image]) -> str:
    """Say what bf16 does to MTCNN: seconds, faces, shift of landmarks."""
    kinds: dict[str, Any] = {"onnxruntime": networks.load, "torch": networks.by_torch, "bf16": _narrow_network}
    found: dict[str, list[Found]] = {}
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    cascades: dict[str, Any] = {kind: detector("mtcnn", shared) for kind in kinds}
    for kind, load in kinds.items():
        for name in ("pnet", "rnet", "onet"):
            setattr(cascades[kind]._cascade, f"_{name}", load(name))
    for _ in range(ROUNDS):
        for kind, find in cascades.items():
            start = time.perf_counter()
            found[kind] = [find([image])[0] for image in images]
            seconds[kind].append(time.perf_counter() - start)
    best = {kind: min(spent) for kind, spent in seconds.items()}
    pairs = zip(found["onnxruntime"], found["bf16"], strict=True)
    shifts = [nearest(other, face) for one, other in pairs for face in one.landmarks]
    same = [shift for shift in shifts if shift < FOUND]
    return (
        f"MTCNN with bf16, which torch alone has, takes {best['bf16'] / best['onnxruntime']:.2f} times as long as "
        f"with fp32, and {best['bf16'] / best['torch']:.2f} times as long as fp32 in torch "
        f"({torch.backends.cpu.get_cpu_capability()}, AMX: {'yes' if torch.cpu._is_amx_tile_supported() else 'no'}), "
        f"finds {len(same)} of its {len(shifts)} faces, and moves their landmarks by {mean(same):.1%} of the eye "
        f"distance in the mean, {max(same):.1%} at most."
    )


if __name__ == "__main__":
    main()
