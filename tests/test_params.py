"""Parameters: strict types, and errors that name file, line, key, value and what is allowed."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from unmask import params
from unmask.errors import ParamsError
from unmask.params import Section


class Inner(Section):
    """A nested section."""

    name: Literal["mtcnn", "yunet"]


class Outer(Section):
    """A section."""

    size: Annotated[int, Field(ge=32)]
    pair: tuple[int, int]
    inner: Inner


GOOD = {"size": 64, "pair": [1, 2], "inner": {"name": "mtcnn"}}
TEXT = "# comment\nouter:\n  size: 64\n  pair: [1, 2]\n  inner:\n    name: mtcnn\n"


def test_lists_become_tuples_and_nothing_else_is_converted(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT)
    parsed = params.parse(Outer, GOOD, file, ("outer",))
    assert parsed.pair == (1, 2)
    with pytest.raises(ParamsError, match="valid integer"):
        params.parse(Outer, GOOD | {"size": "64"}, file, ("outer",))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("size: 64", "size: 8", ["line 3", "`outer.size`", "greater than or equal to 32", "8"]),
        ("size: 64", "siez: 64", ["`outer.siez` unknown key", "`outer.size` is missing"]),
        ("name: mtcnn", "name: dlib", ["line 6", "`outer.inner.name`", "'mtcnn' or 'yunet'", "'dlib'"]),
        ("pair: [1, 2]", "pair: [1, x]", ["line 4", "`outer.pair.1`", "'x'"]),
    ],
)
def test_message_names_line_key_value_and_what_is_allowed(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(ParamsError) as caught:
        params.parse(Outer, params.read_yaml(file)["outer"], file, ("outer",))
    for word in [str(file), *words]:
        assert word in str(caught.value)


def test_yaml_1_2_as_dvc_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("rate: 1e-3\nswitch: on\n")
    assert params.read_yaml(file) == {"rate": 0.001, "switch": "on"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "does not exist"),
        ("a: [1", "line 1: not valid YAML"),
        ("- a", "must be a mapping"),
        ("\nbogus: 1", "line 2: unknown key `bogus`"),
    ],
)
def test_broken_files(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "params.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ParamsError, match=words):
        params.load_all(file)


def test_missing_section(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("rendered: []\n")
    with pytest.raises(ParamsError, match="has no key `crop`"):
        params.load("crop", file)
