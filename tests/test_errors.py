"""Errors: what the disk refuses is said in a sentence that names the place and what to do."""

import errno
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from unmask.errors import blocked, lost


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(errno.ENOENT, "", "/a/b"), "/a/b does not exist."),
        (
            PermissionError(errno.EACCES, "", b"/a/b"),
            "/a/b may not be read or written; allow it, or name another place.",
        ),
        (OSError(errno.EROFS, "", "/a/b"), "/a/b may not be read or written; allow it, or name another place."),
        (OSError(errno.ENOSPC, "", "/a/b"), "/a/b cannot be written, for the disk or what you may use of it is full"),
        (OSError(errno.ENOSPC, ""), "A file cannot be written, for the disk or what you may use of it is full"),
        (OSError(errno.ECONNREFUSED, "", "/a/b"), ""),
        (OSError("odd"), ""),
    ],
)
def test_what_is_said(error: OSError, said: str) -> None:
    assert blocked(error).startswith(said)
    assert bool(blocked(error)) == bool(said)


def test_what_python_and_arrow_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    for attempt, said in (
        (lambda: Path("file/below").mkdir(), "file/below cannot be made or read, for a file stands where"),
        (lambda: Path("file").mkdir(), "file cannot be made or read, for a file stands where"),
        (lambda: Path("no/file").write_text(""), f"no/file does not exist in {tmp_path}; commands run from the root"),
        (lambda: Path("x" * 300).touch(), "x is too long a name."),
        (lambda: pq.read_schema("no.parquet"), "no.parquet does not exist in"),
    ):
        with pytest.raises(OSError, match=r".") as caught:
            attempt()
        assert said in blocked(caught.value)


def test_a_file_that_was_there(tmp_path: Path) -> None:
    assert lost(tmp_path / "gone").startswith("is gone since `index` found it; bring it back")
    assert lost(tmp_path) == ""
