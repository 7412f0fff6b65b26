"""The search: repeatable, resumed after a kill as if nothing had happened, and its best recipe is what it says."""

import fcntl
import multiprocessing
import os
import signal
from pathlib import Path

import optuna
import pytest
from search.spaces import RATES, cells, run, write_recipe, write_space
from toy_faces import write_split
from train.training import files_of
from typer.testing import CliRunner

from unmask.cli import app
from unmask.errors import DataError, EngineError, ParamsError
from unmask.probe.params import load as load_probes
from unmask.search import study as studies
from unmask.search.trial import Watch
from unmask.train import step
from unmask.train.checkpoint import State
from unmask.train.recipe import load

WAYS = {"train.lr": RATES, "train.sampling.crops": {"low": 1, "high": 3, "log": False}}


def prepare(folder: Path) -> Path:
    write_split(folder, "train", 8)
    write_split(folder, "val", 6)
    write_recipe(folder)
    write_space(folder, WAYS)
    return folder


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A search of three trials in one go."""
    folder = prepare(tmp_path_factory.mktemp("straight"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNMASK_CACHE", str(folder / "cache"))
        patch.setenv("UNMASK_THREADS", "1")
        return folder, run(folder, 3)


def test_the_table_has_every_trial_and_marks_the_best(straight: tuple[Path, str]) -> None:
    lines = straight[1].splitlines()
    assert lines[0].split() == ["trial", "video_auc", "epoch", "train.lr", "train.sampling.crops"]
    rows = [line.split() for line in lines[1:]]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert all(1e-3 <= float(row[3]) <= 1e-2 and row[4] in "123" for row in rows)
    (best,) = [row for row in rows if row[-1] == "best"]
    assert float(best[1]) == max(float(row[1]) for row in rows)


def test_the_best_recipe_keeps_its_questions_and_trains_to_its_score(straight: tuple[Path, str]) -> None:
    folder, table = straight
    best = next(row.split() for row in table.splitlines() if row.endswith("best"))
    given, found = ((folder / name).read_text().splitlines() for name in ("toy.yaml", "toy_best.yaml"))
    assert found[0] == (
        f"# Best of 3 trials from toy.yaml by validation video_auc: {best[1]}, which flatters (docs/search.md)."
    )
    differing = [(old, new) for old, new in zip(given, found[1:], strict=True) if old != new]
    assert {new.split(":")[0].strip() for _, new in differing} <= {"lr", "sampling", "crops"}
    plan = load(folder / "toy_best.yaml")
    assert (plan.train.lr, str(plan.train.sampling.model_dump()["crops"])) == (float(best[3]), best[4])
    assert load_probes(folder / "toy_best.yaml").heads == {}
    inputs = [folder / name for name in ("train.parquet", "val.parquet", "shards", "out")]
    step.train(folder / "toy_best.yaml", *inputs)
    summary = (folder / "out" / "summary.json").read_text()
    assert f'"val_auc": {float(best[1])}' in summary
    assert f'"best_epoch": {best[2]}' in summary


def dies(folder: Path) -> None:
    """Search until the second trial has done an epoch, then die as by `kill -9`."""
    watched = Watch.__call__

    def killed(self: Watch, state: State) -> bool:
        if state.epoch == 1 and self._trial.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return watched(self, state)

    Watch.__call__ = killed  # type: ignore[method-assign]
    run(folder, 3)


def test_a_killed_search_goes_on_as_if_nothing_had_happened(toy: Path, straight: tuple[Path, str]) -> None:
    prepare(toy)
    process = multiprocessing.get_context("fork").Process(target=dies, args=(toy,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert not (toy / "toy_best.yaml").exists()
    assert run(toy, 1).splitlines()[1].split()[:2] == straight[1].splitlines()[1].split()[:2]
    assert run(toy, 3) == straight[1]
    assert (toy / "toy_best.yaml").read_bytes() == (straight[0] / "toy_best.yaml").read_bytes()


def test_a_finished_search_trains_nothing_again(straight: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, table = straight
    monkeypatch.setenv("UNMASK_CACHE", str(folder / "cache"))
    monkeypatch.setattr("unmask.search.trial.fit", None)
    assert run(folder, 3, "again.yaml") == table
    assert (folder / "again.yaml").read_bytes() == (folder / "toy_best.yaml").read_bytes()
    # No network is kept, and of the caches nothing but the journal.
    left = [name for name in files_of(folder / "cache") if not name.startswith("search/")]
    assert left == []
    assert {Path(name).name for name in files_of(folder / "cache")} == {"journal.log", "lock", "toy.yaml"}


def test_values_that_diverge_are_a_failed_trial_and_others_go_on(toy: Path) -> None:
    write_recipe(toy, train__clip_norm="none", train__warmup_epochs=0, train__epochs=1)
    write_space(toy, {"train.lr": {"choice": [0.003, 1e30]}})
    rows = [line.split() for line in run(toy, 4).splitlines()[1:]]
    assert {(row[3], row[1] == "-", row[-1] == "failed") for row in rows} == {
        ("0.003", False, False), ("1e+30", True, True),
    }  # fmt: skip
    write_space(toy, {"train.lr": {"choice": [1e29, 1e30]}})
    with pytest.raises(DataError, match=r"all of 3 trials failed; the last: .* lower `train\.lr`"):
        run(toy, 5)


def watch(study: optuna.Study, select: str, scores: list[float]) -> tuple[float, int, bool]:
    """Let a trial have some scores, and end it as a search does."""
    trial = study.ask()
    seen = Watch(trial, select, prunes=True)
    state = State()
    while len(state.history) < len(scores) and seen(state):
        name = "val_loss" if select == "loss" else "val_auc"
        state.history.append({"val_loss": 0.0, name: scores[len(state.history)]})
    best = seen.note(state)
    ends = optuna.trial.TrialState
    study.tell(trial, None if seen.pruned else best, ends.PRUNED if seen.pruned else ends.COMPLETE)
    return best, state.epoch, seen.pruned


def test_a_trial_below_the_median_of_the_others_is_given_up() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner(3, 2))
    assert watch(study, "video_auc", [0.2, 0.1, 0.3]) == (0.3, 3, False)
    watch(study, "video_auc", [0.5, 0.6, 0.7])
    watch(study, "video_auc", [0.8, 0.8, 0.8])
    # The median is 0.6 after the second epoch and 0.7 after the third; the first is too early to tell.
    assert watch(study, "video_auc", [0.1, 0.59, 0.9]) == (0.59, 2, True)
    assert watch(study, "video_auc", [0.1, 0.61, 0.6, 0.9]) == (0.61, 3, True)
    # What counts is the best epoch so far, for it is what is kept.
    assert watch(study, "video_auc", [0.75, 0.1, 0.1]) == (0.75, 3, False)


def test_of_losses_the_least_is_best() -> None:
    study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(1, 1))
    assert watch(study, "loss", [0.5, 0.3, 0.4]) == (0.3, 3, False)
    assert watch(study, "loss", [0.6, 0.2]) == (0.6, 1, True)
    assert watch(study, "loss", [0.4, 0.2]) == (0.2, 2, False)


def test_of_trials_alike_the_one_with_the_lower_loss_is_best() -> None:
    study = optuna.create_study(direction="maximize")
    assert studies.best(study) is None
    for score, loss in ((0.9, 0.1), (1.0, 0.5), (1.0, 0.4), (1.0, 0.4)):
        trial = study.ask()
        trial.set_user_attr("loss", loss)
        study.tell(trial, score)
    found = studies.best(study)
    assert found is not None
    assert found.number == 2


def test_what_a_person_wrote_is_not_written_over(toy: Path) -> None:
    prepare(toy)
    (toy / "mine.yaml").write_text("# Mine\n")
    for name, said in (
        ("mine.yaml", "does not come from a search"),
        ("toy.yaml", "does not come"),
        ("a.yml", "end in"),
    ):
        with pytest.raises(ParamsError, match=said):
            run(toy, 1, name)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("recipes/a+b.yaml", r"a\+b\.yaml: the name `a\+b` may have only letters, digits, `.`, `_` and `-`\."),
        ("nope/best.yaml", r"best\.yaml: there is no folder `.*nope`; make it, or name a file in `recipes`\."),
        ("toy.yaml/best.yaml", r"there is no folder `.*toy\.yaml`"),
    ],
)
def test_a_recipe_that_nothing_could_read_is_refused_before_the_first_trial(
    toy: Path, monkeypatch: pytest.MonkeyPatch, out: str, said: str
) -> None:
    prepare(toy)
    (toy / "recipes").mkdir()
    monkeypatch.chdir(toy)
    monkeypatch.setattr("unmask.search.trial.fit", None)
    with pytest.raises(ParamsError, match=said):
        run(toy, 1, out)


def test_an_unknown_tracker_is_told_before_the_first_trial(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(toy)
    monkeypatch.setenv("UNMASK_TRACKERS", "wandbb")
    with pytest.raises(EngineError, match=r"unknown tracker `wandbb`; did you mean `wandb`\?"):
        run(toy, 1)
    assert "trial" not in capsys.readouterr().err


def test_two_processes_do_not_work_on_one_search(straight: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = straight
    monkeypatch.setenv("UNMASK_CACHE", str(folder / "cache"))
    lock = next((folder / "cache").rglob("lock"))
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EngineError, match="this search runs already, in another process"):
            run(folder, 4)


def test_missing_data_is_told_before_the_first_trial(toy: Path) -> None:
    prepare(toy)
    (toy / "shards" / "toy" / "val.tar").unlink()
    with pytest.raises(DataError, match=r"val\.tar"):
        run(toy, 1)


def test_the_command_needs_no_test_split(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recipe(toy, train__epochs=1, train__warmup_epochs=0)
    write_space(toy, {"train.lr": RATES})
    (toy / "data" / "50_split").mkdir(parents=True)
    for name in ("train", "val"):
        (toy / f"{name}.parquet").rename(toy / "data" / "50_split" / f"{name}.parquet")
    (toy / "data" / "40_crop").mkdir()
    (toy / "shards").rename(toy / "data" / "40_crop" / "shards")
    monkeypatch.chdir(toy)
    done = CliRunner().invoke(app, ["search", "toy.yaml", "--space", "space.yaml", "--trials", "1", "--out", "o.yaml"])
    assert done.exit_code == 0, done.output
    assert "o.yaml has the best values" in done.output
    assert cells(done.output)[0][0] == "trial"
