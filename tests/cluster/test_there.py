"""The call at its worker: it does nothing with other code or without the project's folder."""

from functools import partial
from pathlib import Path

from squares import square

from unmask.cluster.there import There


def test_a_worker_with_other_code_or_without_the_folder_does_nothing(tmp_path: Path) -> None:
    call = There(partial(square, (2, "", "")))
    call.folder = str(Path.cwd())
    assert call().rows == [{"square": 4}]
    call.code = "other"
    assert "has another version of unmask or of a library" in str(call().error)
    call.folder = str(tmp_path / "nowhere")
    assert "cannot enter the project's folder" in str(call().error)
