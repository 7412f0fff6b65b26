"""Files that are no weights: each is one error, in words of ours, for torch's advise to run what stands in them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from unmask.errors import DataError
from unmask.model.tensors import read

NAMES = ("w.safetensors", "w.pth", "w.pth.tar")


class Odd:
    """Something that no file of weights should make."""


@pytest.mark.parametrize("content", [None, b"", b"not tensors", [1, 2], {"a": 1}, {"model": Odd()}, "folder"])
@pytest.mark.parametrize("name", NAMES)
def test_weights_that_cannot_be_read_are_one_error(tmp_path: Path, content: Any, name: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(
        DataError, match=r"^the weights .* (do not exist|are not a readable \.\w+(\.tar)? file: .*)\.$"
    ) as error:
        read(path)
    assert "\n" not in str(error.value)
    assert "weights_only" not in str(error.value)


def saved(content: Any, **how: Any) -> bytes:
    """Give what `torch.save` writes."""
    file = io.BytesIO()
    torch.save(content, file, **how)
    return file.getvalue()


def scripted() -> bytes:
    """Give a network as TorchScript."""
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), file)
    return file.getvalue()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "it is a Git LFS pointer; `git lfs pull` fetches the file",
        ),
        (b"\n<!DOCTYPE html><p>Not found", "it is a web page; download the file itself"),
        (b"<HTML>", "it is a web page; download the file itself"),
        (b"a text that somebody wrote", "it was not written as one, or is cut off"),
    ],
)
def test_what_came_in_place_of_weights_is_told(tmp_path: Path, data: bytes, words: str, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as error:
        read(tmp_path / name)
    assert str(error.value).endswith(f"are not a readable {name[1:]} file: {words}.")


def test_half_a_file_is_told(tmp_path: Path) -> None:
    whole = {"a": torch.zeros(1000)}
    for name, data in (("w.safetensors", save(whole)), ("w.pth", saved(whole))):
        (tmp_path / name).write_bytes(data)
        assert torch.equal(read(tmp_path / name)["a"], whole["a"])
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(DataError, match="it was not written as one, or is cut off"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "data",
    [
        saved(torch.nn.Linear(2, 2)),
        saved(torch.nn.Linear(2, 2), _use_new_zipfile_serialization=False),
        saved({"state_dict": {"a": torch.zeros(1)}, "best": np.float64(0.5)}),
        scripted(),
    ],
    ids=["module", "old module", "number of NumPy", "TorchScript"],
)
def test_file_that_holds_more_than_tensors_is_not_run(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(data)
    told = r"it holds more than tensors, which is not run; save `model\.state_dict\(\)` alone\.$"
    with pytest.raises(DataError, match=told):
        read(tmp_path / "w.pth")


@pytest.mark.parametrize("content", [{1: torch.zeros(1)}, {"model": {1: torch.zeros(1)}}, {}, {"epoch": 3}, [1]])
def test_file_without_a_state_dict_is_told(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(DataError, match=r"are not a readable \.pth file: it holds no state dict\.$"):
        read(tmp_path / "w.pth")
