"""Compare the face detectors on stills with published faces and on pictures without one; write the table of docs.

    python bench/detectors.py --shared ../shared --write docs/detectors.md

Recall and landmark error are taken at a smallest face of 0.03 of the picture, so that all published faces count; false
faces at that and at the default of `params.yaml`, 0.15. Each picture goes through alone, in one thread.
"""

import argparse
import time
from collections import Counter
from pathlib import Path
from statistics import mean, median

import cv2
import torch
from stills import EMPTY, FOUND, OPTIONS, detector, nearest, picture, published
from torch import Tensor, nn

from unmask.detect.detector import Detector, Image
from unmask.errors import ParamsError

DEFAULT, SMALL = 0.15, 0.03
ROUNDS = 4
HEAD = ("face detector", "faces found", "mean error", "largest error", "false, from 0.15", "false, from 0.03", "ms")
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/stills and weights")
    parser.add_argument("--write", type=Path, help="page whose table is renewed")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    said = table(arguments.shared)
    print(said)  # noqa: T201
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        start, stop = page.index(BEGIN) + len(BEGIN), page.index(END)
        arguments.write.write_text(f"{page[:start]}\n{said}\n{page[stop:]}", encoding="utf-8")


def table(shared: Path) -> str:
    """Measure every face detector; give Markdown: the table, what is left to say of it, and the false faces."""
    stills = shared / "data/stills"
    faces = [(picture(path), face) for _, path, found in published(stills) for face in found]
    empty = {name: picture(stills / name) for name in EMPTY}
    rows, false = ["| " + " | ".join(HEAD) + " |", "|---|" + "---:|" * (len(HEAD) - 1)], []
    for name in OPTIONS:
        try:
            cells, exceptions = _measured(name, shared, faces, empty)
        except ParamsError as error:
            cells, exceptions = ["not measured", *[""] * (len(HEAD) - 2)], [f"not measured: {error}"]
        rows.append(f"| `{name}` | " + " | ".join(cells) + " |")
        false += [f"- `{name}`: {exception}" for exception in exceptions]
    sets = Counter(name for name, _, found in published(stills) for _ in found)
    counted = ", ".join(f"{count} of {name}" for name, count in sets.items())
    return "\n".join(
        [
            *rows,
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


class Narrow(nn.Module):
    """A network that computes in bf16 and looks as if it did not."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.bfloat16()

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """Run the network."""
        return [output.float() for output in self.net(pixels.bfloat16())]


def _narrow(shared: Path, images: list[Image]) -> str:
    """Say what bf16 does to MTCNN: seconds, faces, shift of landmarks."""
    whole, narrow = (detector("mtcnn", shared) for _ in range(2))
    for name in ("_pnet", "_rnet", "_onet"):
        setattr(narrow, name, Narrow(getattr(narrow, name)))
    seconds: dict[Detector, list[float]] = {whole: [], narrow: []}
    for _ in range(ROUNDS):
        for find, spent in seconds.items():
            start = time.perf_counter()
            found = [find([image])[0] for image in images]
            spent.append(time.perf_counter() - start)
            if find is whole:
                truth = found
    shifts = [nearest(other, face) for one, other in zip(truth, found, strict=True) for face in one.landmarks]
    same = [shift for shift in shifts if shift < FOUND]
    return (
        f"MTCNN in bf16 takes {min(seconds[narrow]) / min(seconds[whole]):.2f} times as long as in fp32 "
        f"({torch.backends.cpu.get_cpu_capability()}, AMX: {'yes' if torch.cpu._is_amx_tile_supported() else 'no'}), "
        f"finds {len(same)} of its {len(shifts)} faces, and moves their landmarks by {mean(same):.1%} of the eye "
        f"distance in the mean, {max(same):.1%} at most."
    )


if __name__ == "__main__":
    main()
