"""DeepfakeBench's lists: everything that may be wrong is named or counted."""

import json
from pathlib import Path
from typing import Any

import pytest
from faces import plant_pictures
from layouts.bench_lists import official, pictures_of, read, record, tree
from plant import write
from pydantic import ValidationError

from unmask.errors import LayoutError
from unmask.index.params import Corpora


def bad(**changed: Any) -> dict[str, Any]:
    """Make a list of three good videos and what a test adds to the reals of test."""
    good = {"train": {"a": record("x_Real", "r/a")}, "test": {"b": record("x_Real", "r/b")}}
    good["test"] |= changed.pop("videos", {})
    return {"set": {"x_Real": good | changed, "x_Fake": {"test": {"c": record("x_Fake", "f/c")}}}}


@pytest.mark.parametrize(
    ("rule", "listed", "message"),
    [
        ("row", bad(videos={"v": {"frames": ["r/v/1.png"]}}), '`test`.`v`: should have "label", a text, and "frames"'),
        ("row", bad(videos={"v": {"label": "x_Real"}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": {"label": "x_Real", "frames": "r/v/1.png"}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": {"label": "x_Real", "frames": [1]}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": ["r/v/1.png"]}), '`v`: should have "label"'),
        ("row", bad(validation={}), "`x_Real`.`validation`: not a split; those are test, val, train"),
        ("row", bad(val=[]), "`x_Real`.`val`: should be a mapping of videos, not list"),
        (
            "row",
            bad(videos={"v": {"label": "x_Real", "frames": ["r/v/1.png", "r/w/2.png"]}}),
            "`v`: pictures of one video lie in several folders: r/v, r/w",
        ),
        (
            "row",
            bad(videos={"v": record("x_Real", "r/b", ("1.png", "2.png"))}),
            "`v`: `r/b` holds the pictures of another video too: .*`test`.`b`",
        ),
        ("label", bad(videos={"v": record("x_Fake", "r/v")}), "`v`: says `x_Fake`, but stands under `x_Real`"),
        ("duplicate", bad(videos={"v": record("x_Real", "r/b")}), "`v`: has the same pictures as .*`test`.`b`"),
        ("path", bad(videos={"v": record("x_Real", "../v")}), r"`v`: the path `\.\./v/000\.png` must lie below"),
        ("path", bad(videos={"v": record("x_Real", "/v")}), "`v`: the path `/v/000.png` must lie below"),
        ("path", bad(videos={"v": record("x_Real", "C:\\v")}), "must lie below"),
        ("label", {"set": bad()["set"] | {"other": {}}}, "`other`: not a label of DeepfakeBench, such as FF-DF"),
        (
            "label",
            {"set": bad()["set"] | {"y_Fake": {"test": {"b": record("y_Fake", "r/b")}}}},
            "`y_Fake`.`test`.`b`: has the same pictures as .*`x_Real`.`test`.`b`",
        ),
    ],
)
def test_what_is_not_so_is_named_or_counted(
    tmp_path: Path, rule: str, listed: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(plant_pictures(tmp_path / "raw", pictures_of(bad()), size=8), {"list.json": listed})
    with pytest.raises(LayoutError, match=message) as caught:
        read(root)
    assert f"tolerate: [{rule}]" in str(caught.value)
    assert "list.json, `" in str(caught.value)
    rows = read(root, tolerate=[rule])
    assert {path: row["label"] for path, row in rows.items()} == {"r/a": 0, "r/b": 0, "f/c": 1}
    assert f"left out by `tolerate: [{rule}]`" in capsys.readouterr().err


def test_half_written_lists_and_wrong_choices_are_named(tmp_path: Path) -> None:
    root = tree(tmp_path, official())
    with pytest.raises(
        LayoutError, match=r"`test` has c23; the layout's option `compression` must choose one|has c23, c40"
    ):
        read(root)
    with pytest.raises(LayoutError, match=r"has the data sets FaceForensics\+\+; the option `dataset` must name one"):
        read(root, dataset="other")
    write(root, {"list.json": official() | {"more": {}}})
    with pytest.raises(LayoutError, match=r"has the data sets FaceForensics\+\+, more; the option `dataset`"):
        read(root, compression="c23")
    text = json.dumps(official())
    write(root, {"list.json": text[: len(text) // 2]})
    with pytest.raises(LayoutError, match=r"list\.json, line 1, column \d+: this is not whole JSON"):
        read(root, compression="c23")
    write(root, {"list.json": "[]"})
    with pytest.raises(LayoutError, match=r"list\.json: should be a mapping of data sets, not list"):
        read(root)
    write(root, {"list.json": '{"set": {"x_Real": {"test": {"a": 1, "a": 2}}}}'})
    with pytest.raises(LayoutError, match="key `a`: the key stands there twice"):
        read(root)
    with pytest.raises(LayoutError, match=r"other\.json is missing"):
        read(root, file="other.json")
    write(root, {"list.json": bad()})
    with pytest.raises(LayoutError, match=r"none of its 3 videos is below .*the first should be in `r/a`.*`prefix`"):
        read(root)
    for file in ("list.txt", "/list.json", "../list.json"):
        with pytest.raises(ValidationError, match=r"must be a path below the corpus' root that ends in \.json"):
            Corpora.model_validate({"bench": {"layout": "deepfakebench", "file": file}})
