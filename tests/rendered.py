"""All five embedded corpora in miniature, rendered once for a test session."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from unmask import params
from unmask.hashing import file_sha256
from unmask.render.params import Params
from unmask.render.step import render

Array = npt.NDArray[Any]
SCENE = {
    "eye_distance": [38, 48], "turn": 0.16, "key_light": [0.6, 0.9], "sky_light": [0.25, 0.4], "light_side": 0.8,
    "colour_cast": 0.03, "softness": [0.2, 0.7], "noise": [2.0, 3.0], "grain": 0.6,
}  # fmt: skip
ANY = {"seed": 5, "frames": [4, 6], "preset": "veryfast", "scene": SCENE}
COMMON = {**ANY, "width": 320, "height": 256, "fps": 25}
METHODS = ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"]
FF = {**COMMON, "layout": "faceforensics", "crf": 23, "pairs": {"train": 1, "val": 1, "test": 0}, "methods": METHODS}
CELEB = {
    **COMMON, "layout": "celeb_df", "crf": 26, "people": 3, "clips": 1, "youtube": 1, "fakes": 4, "tested": 0.5,
}  # fmt: skip
FORMATS = [{"width": 384, "height": 288, "fps": 30}, {"width": 288, "height": 384, "fps": 24}]
DFDC = {
    **ANY, "layout": "dfdc", "crf": 28, "formats": FORMATS, "parts": 1, "reals": {"part": 2, "test": 4}, "clips": 2,
    "together": 1.0,
}  # fmt: skip
DEEPER = {
    "layout": "deeperforensics", "seed": 6, "targets": FF, "forged": {"train": 1, "val": 1, "test": 9},
    "actors": {"train": 1, "val": 1, "test": 1},
    "variants": {"end_to_end_level_5": 1, "end_to_end_mix_2_distortions": 2},
}  # fmt: skip
FAKEAV = {**COMMON, "layout": "fakeavceleb", "width": 224, "height": 224, "crf": 24, "people": 2, "fakes": 3}
SPECS: dict[str, dict[str, Any]] = {"ff": FF, "celeb": CELEB, "dfdc": DFDC, "deeper": DEEPER, "fakeav": FAKEAV}
REAL, FAKE = "original_sequences/youtube/c23/videos", "manipulated_sequences/{}/c23/videos"


def parse(**corpora: dict[str, Any]) -> Params:
    """Take the section `render` of params.yaml as given."""
    return params.parse(Params, corpora, Path("params.yaml"))


@cache
def build(session: Path) -> Path:
    """Render every corpus to a folder of its name, and its truth below `truth`.

    Args:
        session: Folder of the test session, `tmp_path_factory.getbasetemp()`.
    """
    root = session / "rendered"
    for name in SPECS:
        render(parse(**SPECS), root / name, root / "truth" / name)
    return root


def files(root: Path) -> set[str]:
    """Give the paths of all files below a folder."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def hashes(root: Path) -> dict[str, str]:
    """Give the hash of every file below a folder."""
    return {name: file_sha256(root / name) for name in sorted(files(root))}


def decode(path: Path) -> Array:
    """Decode a video to (N, H, W, 3)."""
    with av.open(str(path)) as video:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])


def probe(path: Path) -> tuple[object, ...]:
    """Give what a container says of its video; the number of frames comes last."""
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        codec = stream.codec_context
        settings = (codec.name, codec.profile, codec.pix_fmt, codec.width, codec.height, codec.extradata)
        return (*settings, stream.average_rate, stream.frames)


def pairs(root: Path) -> list[tuple[str, str]]:
    """Give the pairs of people in the lists of the corpus `ff`."""
    listed = [json.loads((root / f"ff/splits/{split}.json").read_text()) for split in ("train", "val", "test")]
    return [tuple(pair) for split in listed for pair in split]


def rows(root: Path) -> list[dict[str, str]]:
    """Give the lines of the list of the corpus `fakeav`."""
    with (root / "fakeav/meta_data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def originals(root: Path) -> Iterator[tuple[str, str]]:
    """Give every fake of which the corpora say what it was made from, and that real video, as paths below the root."""
    for target, source in pairs(root):
        for method in METHODS:
            yield f"ff/{FAKE.format(method)}/{target}_{source}.mp4", f"ff/{REAL}/{target}.mp4"
    for path in (root / "celeb/Celeb-synthesis").iterdir():
        target, _, clip = path.stem.split("_")
        yield f"celeb/Celeb-synthesis/{path.name}", f"celeb/Celeb-real/{target}_{clip}.mp4"
    part = "dfdc/dfdc_train_part_0"
    for name, entry in json.loads((root / part / "metadata.json").read_text()).items():
        if entry["label"] == "FAKE":
            yield f"{part}/{name}", f"{part}/{entry['original']}"
    for path in (root / "deeper/manipulated_videos/end_to_end").iterdir():
        yield f"deeper/manipulated_videos/end_to_end/{path.name}", f"ff/{REAL}/{path.name[:3]}.mp4"
    for row in rows(root):
        if row["category"] in "CD":
            folder = f"fakeav/RealVideo-RealAudio/{row['race']}/{row['gender']}/{row['source']}"
            yield f"fakeav/{row[''].removeprefix('FakeAVCeleb/')}/{row['path']}", f"{folder}/{row['path'][:5]}.mp4"
