"""A call on another machine: made in the project's folder by the same code, or not at all."""

import os
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pickle import dumps, loads
from typing import Any

from unmask import code
from unmask.errors import EngineError


class There:
    """A call that is made in the project's folder, by the same code with the same libraries, or not at all."""

    def __init__(self, call: Callable[[], Any]) -> None:
        # As bytes: a scheduler on the way need not be able to import what only workers need.
        self.call, self.folder, self.code = dumps(call), str(Path.cwd()), _installed()

    def __call__(self) -> Any:
        """Make the call; what it raises is given back as `Failed`."""
        try:
            self._check()
            return loads(self.call)()
        except Exception as error:
            return Failed(error, traceback.format_exc())

    def _check(self) -> None:
        host = socket.gethostname()
        try:
            os.chdir(self.folder)
        except OSError as error:
            raise EngineError(
                f"The worker on {host} cannot enter the project's folder ({error}). It must lie at the same path on "
                "every machine, on a shared file system."
            ) from None
        if self.code != _installed():
            raise EngineError(
                f"The worker on {host} has another version of unmask or of a library than this process, or was "
                "started before the last change. Give all machines the same environment and start the workers anew."
            )


@dataclass(frozen=True)
class Failed:
    """What the work itself raised, told apart from a failure of the cluster."""

    error: Exception
    text: str


class RemoteError(Exception):
    """Shows the traceback of another machine."""

    def __str__(self) -> str:
        """Give it on lines of its own."""
        return "\n" + str(self.args[0])


@cache
def _installed() -> str:
    """Hash unmask's code as this process found it, and the versions of the libraries that it imports."""
    files = [path.relative_to(code.ROOT).with_suffix("").parts for path in sorted(code.ROOT.rglob("*.py"))]
    return code.version(*(".".join(["unmask", *parts]) for parts in files if parts[-1] != "__init__"))
