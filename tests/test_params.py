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
    with pytest.raises(
        ParamsError, match=r"must be a whole number of at least 32 \(given: '64', a text; without quotes it is"
    ):
        params.parse(Outer, GOOD | {"size": "64"}, file, ("outer",))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("size: 64", "size: 8", ["line 3", "`outer.size`", "a whole number of at least 32", "(given: 8)"]),
        (
            "size: 64",
            "siez: 64",
            [
                "`outer.siez` is an unknown key; did you mean `size`?",
                "`outer.size` is missing; it must be a whole number",
            ],
        ),
        ("name: mtcnn", "name: dlib", ["line 6", "`outer.inner.name`", "`mtcnn` or `yunet`", "'dlib'"]),
        ("pair: [1, 2]", "pair: [1, x]", ["line 4", "`outer.pair.1`", "'x'"]),
        ("pair: [1, 2]", "pair: [1]", ["line 4", "`outer.pair` must be a list of 2, each a whole number (given: [1])"]),
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
        ("- a", "must hold a line `key: value` for every key"),
        ("", r"must hold a line `key: value` for every key \(given: nothing\)"),
        ("a:\n\tb: 1", "line 2: not valid YAML, a tab; YAML takes only spaces"),
        ("a: 1\nb: 2\na: 3", "line 3: not valid YAML, the key `a` is there twice"),
        ("a:\n  c: 2\n  b 1\nd: 1", "line 3: not valid YAML, a key must be followed by a colon and a space"),
        ("a:\n  b: 1\n c: 2", "line 3: not valid YAML, it is indented otherwise"),
        ("a: 'b\nc: 2\n", "line 1: not valid YAML, a quote is opened and not closed"),
        (
            "a: 1\nb: '\nc: 2  # isn't it?\nd: 3",
            r"line 2: not valid YAML, the quote that begins there ends on line 3; is its end missing\?",
        ),
        (
            'a:\n  b: {c: "d, e: 3}\n  f: "g"\n',
            r"line 2: not valid YAML, the quote that begins there ends on line 3; is its end missing\?",
        ),
        ("a: 'b\n  c'\nd: 'e'f'\n", "line 3: not valid YAML, it is indented otherwise"),
        ("a: %5", "line 1: not valid YAML, no value may begin with this sign"),
        ("a: *b", "line 1: not valid YAML, there is no `&anchor` of this name"),
        ("a: !b 1", "line 1: not valid YAML, tags with `!` are not understood"),
        ("a: 1\n---\nb: 2", "not valid YAML, `---` begins another document"),
        ("a:\n  b 1\n  c: 2", "line 3: not valid YAML, no `: ` can be here; quote the value, or mend the line above"),
        ("<<<<<<< HEAD\n# x\na: 1", "line 3: not valid YAML, what stands above is no `key: value`"),
        ("crop: " + "[" * 3000, "is not valid YAML: maximum recursion depth"),
        ("crop: " + "9" * 5000, "is not valid YAML: Exceeds the limit"),
        ("crop: 2024-13-45", "is not valid YAML: month must be in"),
        ("crop: {size: 2024-01-01}", "line 1: `crop.size`: `2024-01-01` has the YAML type date"),
        ("crop: {2024-01-01: 3}", "line 1: `crop`: `2024-01-01` has the YAML type date"),
        ("crop: &a [*a]", "line 1: `crop` contains itself"),
        ("3: x", "line 1: unknown key `3`; there can be corpora, crop"),
        ("train: {}", "line 1: unknown key `train`"),
        ("crp: {}", "line 1: unknown key `crp`; did you mean `crop`"),
        ("\nbogus: 1", "line 2: unknown key `bogus`"),
    ],
)
def test_broken_files(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "params.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ParamsError, match=words):
        params.load_all(file)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="cannot be read: Is a directory"):
        params.read_yaml(tmp_path)
    (tmp_path / "latin").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ParamsError, match="latin is no text in UTF-8: line 2 is in another encoding"):
        params.read_yaml(tmp_path / "latin")


def test_missing_section(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("rendered: []\n")
    with pytest.raises(ParamsError, match="has no key `crop`; it must be a mapping with the keys `size`, `margin`"):
        params.load("crop", file)
    file.write_text("Crop: {}\n")
    with pytest.raises(ParamsError, match=r"has no key `crop`; is `Crop` misspelt\?"):
        params.load("crop", file)


def test_every_section_has_a_name() -> None:
    assert set(params.names()) == set(params.read_yaml(params.FILE))
