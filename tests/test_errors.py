"""Errors: what the disk refuses is said in a sentence that names the place and what to do."""

import errno
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from unmask.errors import LayoutError, blocked, refuse, undecoded
from unmask.presence import lost


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
        (
            OSError(errno.EIO, "", "/a/b"),
            "/a/b cannot be read or written at the moment; see to the disk or the network",
        ),
        (FileNotFoundError(errno.ENOENT, ""), ""),
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
    (tmp_path / "file").touch()
    assert lost(tmp_path / "file" / "below").startswith("is gone")
    assert lost(tmp_path) == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EACCES, "may not be read"), (errno.EIO, "see to the disk"), (errno.ESTALE, "see to the")],
)
def test_a_file_that_the_disk_does_not_give_is_a_reason(
    number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stat(path: Path, **_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "stat", stat)
    assert said in lost(tmp_path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_no_folder_is_left_out_in_silence(number: int) -> None:
    with pytest.raises(LayoutError, match=r"^/a "):
        refuse(OSError(number, os.strerror(number), "/a"))
    refuse(FileNotFoundError(errno.ENOENT, "", "/a"))


def test_a_line_in_another_encoding_is_counted_in_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"a line of some length\n" * 3001 + b"caf\xe9\n" + b"more\n" * 9000)
    with pytest.raises(UnicodeDecodeError) as caught, (tmp_path / "list.csv").open(encoding="utf-8") as lines:
        list(lines)
    assert undecoded(caught.value, tmp_path / "list.csv") == "line 3002 is in another encoding"
