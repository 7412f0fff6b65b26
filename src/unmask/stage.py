"""The command line of a stage: made from the signature of the function that does the work."""

import argparse
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path

from unmask import params
from unmask.errors import UnmaskError, blocked

# Read by OpenMP when torch is first imported, so it stands here: threads that wait spin only briefly. With the usual
# long spin, two trainings side by side on two cores bring each other to a halt. Changes no byte.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")


def run(function: Callable[..., None]) -> None:
    """Run a step from the command line.

    Each parameter annotated `Path` becomes a required option of its name; every other parameter is the
    section of `params.yaml` that has its name. A user's mistake, and what the disk refuses, ends with one message
    and exit status 1.

    Args:
        function: The step; its docstring is the text of `--help`.
    """
    names = inspect.signature(function).parameters
    paths = [name for name, parameter in names.items() if parameter.annotation is Path]
    parser = argparse.ArgumentParser(description=(inspect.getdoc(function) or "").split("\n")[0])
    for name in paths:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, metavar="PATH")
    options = vars(parser.parse_args())
    # Messages are read while a stage runs, also through a pipe.
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    try:
        sections = {name: params.load(name) for name in names if name not in paths}
        function(**options, **sections)
    except UnmaskError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if said := blocked(error):
            sys.exit(f"error: {said}")
        raise
    except KeyboardInterrupt:
        sys.exit(130)
