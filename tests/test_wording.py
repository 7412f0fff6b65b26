"""Wording: every mistake in a value is one sentence that says what would be right, without words of libraries."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from project import ROOT, Project

from unmask import params
from unmask.errors import ParamsError
from unmask.train.recipe import load

PICTURE = "{format: png, level: ...} or {format: jpeg, quality: ...}"
SAMPLING = (
    "{policy: uniform, frames: ...}, {policy: interval, seconds: ..., most: ...}, {policy: keyframes, most: ...} or "
    "{policy: with_face, frames: ..., tries: ...}"
)
STORE = "{format: magicyuv}, {format: ffv1}, {format: jpeg, quality: ...} or {format: none}"
CASES: list[tuple[str, Any, str]] = [
    # Mappings of which there are variants.
    ("crop.picture", "png", f"`crop.picture` must be {PICTURE} (given: 'png'); did you mean `format: png`?"),
    ("crop.picture", {"format": "webp"}, f"`crop.picture` must be {PICTURE} (given: {{format: webp}})."),
    ("crop.picture", {"level": 1}, f"`crop.picture` must be {PICTURE} (given: {{level: 1}})."),
    ("crop.picture", None, f"`crop.picture` must be {PICTURE} (given: nothing)."),
    ("crop.picture", {"format": "png"}, "`crop.picture.level` is missing; it must be a whole number from 1 to 9."),
    (
        "crop.picture",
        {"format": "png", "level": 1, "effort": 2},
        "`crop.picture.effort` is an unknown key; there can be `format`, `level`.",
    ),
    ("extract.sampling", {"policy": "foo"}, f"`extract.sampling` must be {SAMPLING} (given: {{policy: foo}})."),
    (
        "extract.store",
        {"format": "jpg"},
        f"`extract.store` must be {STORE} (given: {{format: jpg}}); did you mean `format: jpeg`?",
    ),
    ("render.celeb_df.frames", [9, 5], "`render.celeb_df`: `frames` must be [lowest, highest], not [9, 5]."),
    # Plugins with options of their own.
    ("detect.detector.min_face", 2, "`detect.detector.min_face` must be a number from 0.01 to 0.9 (given: 2)."),
    (
        "detect.detector.thresholds",
        [0.6, 0.7],
        "`detect.detector.thresholds` must be a list of 3, each a number above 0 and below 1 (given: [0.6, 0.7]).",
    ),
    # Numbers.
    ("crop.size", "128", "(given: '128', a text; without quotes it is a number)."),
    ("crop.size", True, "`crop.size` must be a whole number from 16 to 2048 (given: true)."),
    ("crop.size", 1.5, "`crop.size` must be a whole number from 16 to 2048 (given: 1.5)."),
    ("crop.size", {"a": [None, False]}, "(given: {a: [null, false]})."),
    ("limits.max_seconds", float("inf"), "`limits.max_seconds` must be a number above 0 (given: inf)."),
    ("split.shares.test", 1, "`split.shares.test` must be a number from 0 to below 1 (given: 1)."),
    # Names.
    ("crop.border", "Reflekt", "must be `black`, `replicate` or `reflect` (given: 'Reflekt'); did you mean `reflect`?"),
    ("split.balance", None, "`weights` or `pairs` (given: nothing); did you mean `none`?"),
    ("render.celeb_df.sead", 1, "`render.celeb_df.sead` is an unknown key; did you mean `seed`?"),
    ("render.deeperforensics.variants.other", 1, "`render.deeperforensics.variants.other` is an unknown key; there"),
    # Lists, and what takes a list or a name.
    ("split.leave_out", "dfdc", "`split.leave_out` must be a list of texts (given: 'dfdc'); did you mean `[dfdc]`?"),
    ("rendered", [1], "`rendered.0` must be a text (given: 1)."),
    ("render.celeb_df.preset", "x" * 200, f"(given: '{'x' * 79}...)."),
    (
        "corpora.mine",
        {"layout": "folder", "tolerate": "name"},
        "`corpora.mine.tolerate` must be a list, each item `name`, `row`, `duplicate`, `label`, `path` or `listed` "
        "(given: 'name'); did you mean `[name]`?",
    ),
    # A key that may be left out.
    (
        "corpora.mine",
        {"layout": "deepfakebench", "file": "a.json", "compression": "c24"},
        "`corpora.mine.compression` must be `raw`, `c23` or `c40` (given: 'c24').",
    ),
    ("tune", None, "`tune` must be a mapping with the keys `rule`, `aggregation` (given: nothing)."),
]


@pytest.mark.parametrize(
    ("key", "value", "said"), CASES, ids=[f"{key}={json.dumps(value)}"[:60] for key, value, _ in CASES]
)
def test_a_mistake_is_one_sentence(tmp_path: Path, key: str, value: Any, said: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text((ROOT / "params.yaml").read_text())
    Project(tmp_path).edit("params.yaml", {key: value})
    with pytest.raises(ParamsError) as caught:
        params.load(key.split(".")[0], file)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{file}, line ")
    assert line.endswith(said) if said.endswith((".", "?")) else said in line


ODD: list[object] = [
    None,
    True,
    -1,
    0.5,
    1e99,
    float("nan"),
    "x",
    "",
    [],
    [None],
    [[]],
    {},
    {"x": None},
    {"layout": "dfd"},
]
# Words of libraries, which mean nothing to somebody who has written a file of parameters.
JARGON = re.compile(
    r"Input|Field|[Tt]uple|dict|discriminator|validation|validator|None|\bint\b|\bstr\b|bool|BaseModel|object|\\n"
)
LAYOUTS: dict[str, dict[str, Any]] = {
    "a": {"layout": "table", "file": "a.csv", "columns": {"path": "file"}, "attributes": ["race"], "tolerate": ["row"]},
    "b": {"layout": "df40", "domain": "all", "methods": ["simswap"]},
    "c": {"layout": "deepfakebench", "file": "a.json"},
}


def changed(values: Any) -> Iterator[Any]:
    """Give copies of some values in which one, at any depth, is replaced by what is odd there."""
    yield from ODD
    if isinstance(values, dict | list):
        for key, inner in values.items() if isinstance(values, dict) else enumerate(values):
            for other in changed(inner):
                copy = deepcopy(values)
                copy[key] = other
                yield copy
    if isinstance(values, dict):
        yield {**values, "odd": 1}
        yield from ({key: one for key, one in values.items() if key != gone} for gone in values)


@pytest.mark.parametrize("name", params.names())
def test_no_mistake_in_a_value_breaks_the_wording(tmp_path: Path, name: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(f"{name}: 1\n")
    right = params.read_yaml(params.FILE)[name]
    if name == "render":  # one corpus shows it all
        right = {"dfdc": right["dfdc"], "deeperforensics": right["deeperforensics"]}
    model, told = params.model_of(name), 0
    for values in changed(LAYOUTS if name == "corpora" else right):
        try:
            params.parse(model, values, file, (name,))
        except ParamsError as error:
            told += 1
            for line in str(error).splitlines():
                assert line.startswith(f"{file}, line 1: `{name}")
                assert line.endswith((".", "?"))
                assert not JARGON.search(line.removeprefix(str(file)).split("(given")[0]), line
    assert told > 5


def test_what_is_wrong_in_every_member_of_a_union_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "mobile.yaml"
    file.write_text((ROOT / "recipes/mobile.yaml").read_text())
    Project(tmp_path).edit("mobile.yaml", {"train.sampling.crops": "some", "train.loss.pos_weight": -1})
    with pytest.raises(ParamsError) as caught:
        load(file)
    first, second = str(caught.value).splitlines()
    assert first.endswith("`train.sampling.crops` must be `all` or a whole number of at least 1 (given: 'some').")
    assert second.endswith("`train.loss.pos_weight` must be `balance`, `none` or a number above 0 (given: -1).")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("probe", {}, "`probe` is an unknown key; did you mean `probes`?"),
        ("others", {}, "`train`, `predict`, `probes`."),
        (
            "augment.policies.joint.one_of",
            {"p": 1, "of": {}},
            "`augment.policies.joint.one_of.of` must be a mapping of at least 1, names to values (given: {}).",
        ),
        (
            "augment.policies.joint.affine.degrees",
            [8, -8],
            "must be a range [from, to] within -180 and 180, the smaller end first (given: [8, -8]).",
        ),
        ("blend.warp.scale", [1.1, 0.9], "within 0.5 and 2, the smaller end first (given: [1.1, 0.9])."),
        ("blend.mask.side", [256, 192], "from 32 to 1024, the smaller end first (given: [256, 192])."),
    ],
)
def test_a_mistake_in_a_recipe_is_one_sentence(tmp_path: Path, key: str, value: Any, said: str) -> None:
    file = tmp_path / "hecto_v2.yaml"
    file.write_text((ROOT / "recipes/hecto_v2.yaml").read_text())
    Project(tmp_path).edit("hecto_v2.yaml", {key: value})
    with pytest.raises(ParamsError) as caught:
        load(file)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{file}, line ")
    assert line.endswith(said)


def test_a_quote_that_is_not_closed_in_a_recipe_is_told_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "convnextv2.yaml"
    text = (ROOT / "recipes/convnextv2.yaml").read_text()
    assert "  sha256: ''\n" in text
    file.write_text(text.replace("  sha256: ''\n", "  sha256: '\n"))
    begin = text.splitlines().index("  sha256: ''") + 1
    with pytest.raises(ParamsError, match=rf"convnextv2\.yaml, line {begin}: not valid YAML, the quote that begins"):
        load(file)
