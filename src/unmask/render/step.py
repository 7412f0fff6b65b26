"""Renders one embedded corpus."""

import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from unmask.errors import ParamsError
from unmask.parallel import each
from unmask.render.params import Params, Rendering
from unmask.render.truth import TRUTH


def _run(task: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return task()


def _plan(spec: Rendering, out: Path) -> Sequence[Callable[[], list[dict[str, Any]]]]:
    """Writes a corpus' lists and gives the work that remains."""
    tasks: Sequence[Callable[[], list[dict[str, Any]]]]
    tasks = import_module(f"unmask.render.layouts.{spec.layout}").plan(spec, out)
    return tasks


def render(render: Params, out: Path, truth: Path) -> None:
    """Render an embedded corpus of invented people, real and forged, as the official data set lies on disk.

    Args:
        render: what each corpus is made of; the corpus is the one named like the folder `out`.
        out: receives the official layout and nothing else.
        truth: receives `truth.parquet`, one row per frame.

    Raises:
        ParamsError: `params.yaml` does not say what this corpus is.
    """
    if out.name not in render.root:
        known = ", ".join(render.root) or "none"
        raise ParamsError(f"params.yaml, `render`: no corpus is named `{out.name}` (described: {known}).")
    shutil.rmtree(out, ignore_errors=True)
    tasks = _plan(render.root[out.name], out)
    rows = [row for done in each(_run, tasks, desc=f"render {out.name}") for row in done]
    TRUTH.write(rows, truth)
