"""The section `blend`: every key is needed, and a wrong value is one sentence that says what would be right."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sbi.blending import PUBLISHED, values

from unmask.errors import ParamsError
from unmask.params import parse
from unmask.sbi.hull import modules
from unmask.sbi.part import BlendPart

ONNX = {
    "name": "onnx", "weights": "w.onnx", "sha256": "0" * 64, "view": 1, "colours": "rgb", "mean": [0, 0, 0],
    "std": [1, 1, 1], "units": "pixels",
}  # fmt: skip


def read(folder: Path, given: dict[str, Any]) -> BlendPart:
    path = folder / "recipe.yaml"
    with path.open("w") as file:
        YAML().dump({"blend": given}, file)
    return parse(BlendPart, given, path, ("blend",))


def leaves(given: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [
        keys
        for name, value in given.items()
        for keys in [(*above, name), *(leaves(value, (*above, name)) if isinstance(value, dict) else [])]
    ]


def test_published_settings_read_back_as_they_were_written(tmp_path: Path) -> None:
    part = read(tmp_path, PUBLISHED)
    assert read(tmp_path, part.model_dump(mode="json")) == part
    assert modules(part.hulls) == [f"unmask.sbi.hulls.{name}" for name in ("brows", "face", "halves", "raised")]
    assert read(tmp_path, values({"points": ONNX})).points.name == "onnx"


KEYS = [keys for keys in leaves(PUBLISHED) if keys[0] != "hulls" or len(keys) == 1]


@pytest.mark.parametrize("keys", KEYS, ids=".".join)
def test_no_key_has_a_default(keys: tuple[str, ...], tmp_path: Path) -> None:
    given = values({})
    room = given
    for name in keys[:-1]:
        room = room[name]
    del room[keys[-1]]
    with pytest.raises(ParamsError, match=r"recipe\.yaml, line \d+: `blend"):
        read(tmp_path, given)


WIDE = {
    **{"side": [32, 64], "jitter": 0, "elastic": {"alpha": 50, "sigma": 7}},
    **{"erode": [5, 99], "blur": [5, 25], "sigma": [5, 45]},
}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("flip", 1.2, "`blend.flip` must be a number from 0 to 1 (given: 1.2)"),
        ("transform.shift.p", -0.1, "`blend.transform.shift.p` must be a number from 0 to 1"),
        (
            "hulls",
            {"fase": 1},
            "no hull `fase`; there are: brows, face, halves, inner, lower, raised; did you mean `face`?",
        ),
        ("hulls", {"face": 0}, "must give at least one hull a weight above 0"),
        ("hulls", {}, "must give at least one hull a weight above 0"),
        ("hulls", {"face": -1}, "`blend.hulls.face` must be a number of at least 0"),
        ("ratios", [], "`blend.ratios` must be a list of at least 1"),
        ("ratios", [0.0], "`blend.ratios.0` must be a number above 0 and of at most 1"),
        ("mask.erode", [4, 8], "`blend.mask.erode` must be a range [from, to] of odd numbers from 1 to 99"),
        ("mask.blur", [9, 5], "the smaller end first"),
        ("mask.side", [256, 192], "`blend.mask.side` must be a range [from, to] of whole numbers from 32 to 1024"),
        ("mask", WIDE, "`erode` takes windows of 99 pixels, wider than the smallest"),
        ("warp.scale", [1.1, 0.9], "`blend.warp.scale` must be a range [from, to] within 0.5 and 2"),
        ("transform.detail.downscale", [1], "`blend.transform.detail.downscale.0` must be a whole number from 2 to 16"),
        ("points", {"name": "dlib"}, "`blend.points` must be"),
        ("points", ONNX | {"weights": "w.pth"}, "`blend.points.weights` must be the path of an .onnx file"),
        ("points", ONNX | {"sha256": "0"}, "a SHA-256: 64 of the digits"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_line_and_key(key: str, value: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(ParamsError) as raised:
        read(tmp_path, values({key: value}))
    assert said in str(raised.value)
    assert str(raised.value).count("\n") == 0
    assert "recipe.yaml, line" in str(raised.value)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="is an unknown key"):
        read(tmp_path, values({"mask.blurr": [5, 5]}))
