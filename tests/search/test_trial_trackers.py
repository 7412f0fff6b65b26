"""What trackers hold of a search: each trial under a name of its own, beside the recipe's own training."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from search.spaces import RATES, run, write_recipe, write_space

from unmask.train import step

pytestmark = pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")


@pytest.fixture
def logs(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNMASK_TRACKERS", "tensorboard")
    monkeypatch.setenv("UNMASK_TRACKERS_DIR", str(toy / "told"))
    monkeypatch.setenv("UNMASK_CACHE", str(toy / "cache"))
    return toy / "told" / "tensorboard"


def steps(folder: Path) -> list[int]:
    """Read the epochs that the log of a training holds."""
    library: Any = import_module("tensorboard.backend.event_processing.event_accumulator")
    found = library.EventAccumulator(str(folder))
    found.Reload()
    return [event.step for event in found.Scalars("loss")]


def test_a_search_leaves_the_log_of_the_training_and_of_every_trial(toy: Path, logs: Path) -> None:
    recipe = write_recipe(toy, train__epochs=2)
    step.train(recipe, *(toy / name for name in ("train.parquet", "val.parquet", "shards", "out")))
    before = {path: path.read_bytes() for path in (logs / "toy").iterdir()}
    write_space(toy, {"train.lr": RATES})
    run(toy, 2)
    assert {path: path.read_bytes() for path in (logs / "toy").iterdir()} == before
    trials = sorted(path for path in logs.iterdir() if path.name != "toy")
    (search,) = {path.name.removeprefix("toy-").partition("-")[0] for path in trials}
    assert [path.name for path in trials] == [f"toy-{search}-trial-000{number}" for number in (1, 2)]
    assert next((toy / "cache" / "search").iterdir()).name.startswith(search)
    assert [steps(path) for path in trials] == [[1, 2], [1, 2]]
    # Another search of the recipe leaves them too.
    write_space(toy, {"train.lr": RATES}, seed=2)
    run(toy, 1)
    assert len(list(logs.iterdir())) == 4
    assert [steps(path) for path in trials] == [[1, 2], [1, 2]]


def test_a_trial_that_diverges_keeps_its_log_and_the_next_has_one(toy: Path, logs: Path) -> None:
    write_recipe(toy, train__clip_norm="none", train__warmup_epochs=0, train__epochs=1)
    write_space(toy, {"train.lr": {"choice": [0.003, 1e30]}})
    rows = [line.split() for line in run(toy, 4).splitlines()[1:]]
    failed = [row[-1] == "failed" for row in rows]
    assert set(failed) == {True, False}
    told = sorted(logs.iterdir())
    assert len(told) == 4
    for broke, folder in zip(failed, told, strict=True):
        if not broke:
            assert steps(folder) == [1]
