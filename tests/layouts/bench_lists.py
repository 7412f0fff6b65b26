"""Lists in the form of DeepfakeBench, with the pictures that they name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faces import plant_pictures
from plant import run, write

FF = "FaceForensics++"
TARGET = f"{FF}/original_sequences/youtube/c23/frames"
NT = f"{FF}/manipulated_sequences/NeuralTextures/c23/frames"


def record(label: str, folder: str, names: tuple[str, ...] = ("000.png", "012.png")) -> dict[str, Any]:
    return {"label": label, "frames": [f"{folder}/{name}" for name in names]}


def official() -> dict[str, Any]:
    """Make the list of FaceForensics++, masks included, with the back slashes of Windows in one video."""
    windows = record("FF-NT", f".\\{NT}\\000_003".replace("/", "\\"))
    windows["frames"] = [frame.replace("/", "\\") for frame in windows["frames"]]
    return {
        FF: {
            "FF-real": {
                "train": {"c23": {"071": record("FF-real", f"{TARGET}/071")}, "c40": {}},
                "val": {"c23": {}},
                "test": {"c23": {n: record("FF-real", f"{TARGET}/{n}") for n in ("000", "003")}},
            },
            "FF-NT": {
                "train": {"c23": {"071_054": record("FF-NT", f"{NT}/071_054") | {"masks": ["masks/071_054/000.png"]}}},
                "val": {"c23": {}},
                "test": {"c23": {"000_003": windows}},
            },
        }
    }


def pictures_of(node: Any) -> list[str]:
    """List all pictures that a list names."""
    if isinstance(node, Mapping):
        return [str(f).replace("\\", "/") for f in node.get("frames", [])] + [
            p for key, value in node.items() if key != "frames" for p in pictures_of(value)
        ]
    return []


def tree(place: Path, listed: Any, name: str = "list.json") -> Path:
    root = plant_pictures(place / "raw", pictures_of(listed), size=8)
    return write(root, {name: listed})


def read(root: Path, **options: Any) -> dict[str, dict[str, Any]]:
    return run(root, "bench", **{"layout": "deepfakebench", "file": "list.json"} | options)
