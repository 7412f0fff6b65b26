"""What the work cache is told of by the command, and what cannot be one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from unmask import cache, storage
from unmask.cli import app
from unmask.errors import DataError, EngineError, UnmaskError


@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_a_file_is_no_work_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "file" / below))
    for use in (cache.told, storage.folder, lambda: storage.prune(0), lambda: cache.clear("crop")):
        with pytest.raises(DataError, match=r"The work cache cannot be .*, for .*/file is a file; name a folder"):
            use()


def test_a_place_that_is_free_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "not" / "yet"))
    assert cache.told() == [f"The work cache {tmp_path}/not/yet does not exist yet; the first step that runs fills it."]


@pytest.mark.parametrize("text", ["x", "-1", "nan", "1e300"])
def test_only_a_number_of_gigabytes_is_pruned_to(text: str) -> None:
    result = CliRunner().invoke(app, ["cache", f"--prune={text}"])
    assert isinstance(result.exception, EngineError)
    assert str(result.exception) == f"--prune is `{text}`; it must be a number of gigabytes, 0 or more."


def test_a_mistake_in_one_option_removes_nothing(work_cache: Path) -> None:
    result = work_cache / "crop/aa" / ("a" * 64)
    storage.store(result, b"x")
    assert isinstance(CliRunner().invoke(app, ["cache", "--clear=crop", "--prune=x"]).exception, EngineError)
    assert result.exists()
    assert CliRunner().invoke(app, ["cache", "--clear=crop"]).exit_code == 0
    assert not result.exists()


def test_a_file_of_it_that_cannot_be_written_is_told(work_cache: Path) -> None:
    (work_cache / "train").touch()
    with pytest.raises(UnmaskError, match=r"checkpoint\.pt in the work cache cannot be written \(.*\)\. Make room"):
        storage.store(work_cache / "train/a/checkpoint.pt", b"x")
