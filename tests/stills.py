"""Faces with published landmarks, pictures without a face, and a face detector of each kind with real weights."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np

from unmask.detect.detector import Detector, Found, Image, build
from unmask.detect.params import choose

# Where each published set of landmarks has the two eyes, the tip of the nose and the corners of the mouth.
IBUG = ([36, 37, 38, 39, 40, 41], [42, 43, 44, 45, 46, 47], [30], [48], [54])
SCHEMES = {
    "300w": IBUG,
    "aflw": ([7], [10], [13], [15], [17]),
    "cofw": ([16], [17], [20], [22], [23]),
    "lapa": ([104], [105], [54], [84], [90]),
    "wflw": ([96], [97], [54], [76], [82]),
}
EMPTY = (
    "cat_720p.jpg", "data_bulk_view.jpg", "data_crop_no_face.png", "examples_faces_dogs.jpg", "hot_dog.jpg",
    "kite_and_cold.jpg", "parrot.jpg", "test_assets_grass.jpg", "test_images_white.png", "tests_data_no_face.jpg",
)  # fmt: skip

# Nearest published face that counts as found: mean distance of its landmarks, in eye distances.
FOUND = 0.5

FACES = {"min_face": 0.15, "side": 640}
RETINA = FACES | {"score": 0.7, "overlap": 0.4}
# Options by name of row, and the file of weights below `weights/`.
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "mtcnn": ({"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709}, ""),
    "retinaface": (
        {"name": "retinaface", "body": "mobilenet0.25", **RETINA},
        "retinaface_mobilenet0.25.safetensors",
    ),
    "retinaface_onnx": (
        {"name": "retinaface_onnx", **RETINA, "colours": "bgr", "mean": [104.0, 117.0, 123.0], "std": [1.0] * 3},
        "retinaface_mobilenet0.25.onnx",
    ),
    "yunet": ({"name": "yunet", **FACES, "score": 0.8, "overlap": 0.3}, "face_detection_yunet_2026may.onnx"),
}  # fmt: skip
SHA256 = {
    "retinaface_mobilenet0.25.safetensors": "82a3de5d8a75ca2430ba85dd7b56c8fc993f839cc7c9544d777ecb11c6f1b729",
    "retinaface_mobilenet0.25.onnx": "d336ffecb21b1f699268cd47ad256141b4eb7c7e6c53ce19b9bbdc817b59f937",
    "face_detection_yunet_2026may.onnx": "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
}


def options(name: str, shared: Path, **changed: Any) -> dict[str, Any]:
    """Give a face detector's options with the weights in `shared`, and others changed."""
    given, file = OPTIONS[name]
    weights = {"weights": str(shared / "weights" / file), "sha256": SHA256[file]} if file else {}
    return given | weights | changed


def detector(name: str, shared: Path, **changed: Any) -> Detector:
    """Build a face detector with the weights in `shared`."""
    return build(choose(options(name, shared, **changed)))


def picture(path: Path) -> Image:
    """Read a picture as RGB."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def published(stills: Path) -> Iterator[tuple[str, Path, list[Any]]]:
    """Give set, picture and the landmarks of each published face, n x 5 x 2, left as seen first."""
    for name, scheme in SCHEMES.items():
        truth = json.loads((stills / f"data_{name}_test_{name}.json").read_text())
        for image in truth["images"]:
            (path,) = [path for path in stills.glob(f"data_{name}_*") if path.name.endswith(image["file_name"])]
            faces = [face["keypoints"] for face in truth["annotations"] if face["image_id"] == image["id"]]
            yield name, path, [_five(np.reshape(face, (-1, 3))[:, :2], scheme) for face in faces]
    truth = ElementTree.parse(stills / "examples_faces_training_with_face_landmarks.xml")
    for image in truth.iter("image"):
        path = stills / f"examples_faces_{image.get('file')}"
        if path.is_file():  # of most pictures only the truth is there
            places = [[(float(p.attrib["x"]), float(p.attrib["y"])) for p in box] for box in image]
            yield "dlib", path, [_five(np.array(face), IBUG) for face in places]


def marked(folder: Path) -> Iterator[tuple[str, Any, Any, tuple[int, int]]]:
    """Give each published face with many landmarks: the scheme's name, the five, all of them, width and height."""
    for name, scheme in (("300w", "ibug"), ("wflw", "wflw")):
        truth = json.loads((folder / f"data_{name}_test_{name}.json").read_text())
        size = {image["id"]: (image["width"], image["height"]) for image in truth["images"]}
        for face in truth["annotations"]:
            points = np.reshape(face["keypoints"], (-1, 3))[:, :2].astype(float)
            yield scheme, _five(points, SCHEMES[name]), points, size[face["image_id"]]
    truth = ElementTree.parse(folder / "examples_faces_training_with_face_landmarks.xml")
    for box in truth.iter("box"):
        points = np.array([(float(part.attrib["x"]), float(part.attrib["y"])) for part in box])
        yield "ibug", _five(points, IBUG), points, (500, 375)


def error(landmarks: Any, truth: Any) -> float:
    """Give the mean distance of five landmarks from the truth, in eye distances of the truth."""
    return float(np.hypot(*(landmarks - truth).T).mean() / np.hypot(*(truth[0] - truth[1])))


def nearest(faces: Found, truth: Any) -> float:
    """Give the error of the face that is nearest to a published one; infinite when there is none."""
    return min((error(landmarks, truth) for landmarks in faces.landmarks), default=float("inf"))


def _five(points: Any, scheme: Any) -> Any:
    return np.stack([points[index].mean(0) for index in scheme])
