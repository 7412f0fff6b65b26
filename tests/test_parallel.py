"""Where work is done changes no byte: one process, two, a real Dask scheduler with workers, and a real Ray cluster."""

import hashlib
import inspect
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from project import Project
from tiny_clips import person
from tiny_video import write_video

from unmask import work
from unmask.cluster import pool
from unmask.cluster import ray as ray_engine
from unmask.cluster.there import There
from unmask.errors import EngineError, UnmaskError
from unmask.parallel import each
from unmask.progress import Progress
from unmask.work import Result, Task

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# Each stage as from its command line, all in one process.
STAGES = """
import runpy, sys
for words in sys.argv[1:]:
    script, *options = words.split()
    sys.argv = [script, *options]
    runpy.run_path(script, run_name="__main__")
"""


# Clusters -------------------------------------------------------------------------------------------------------------


@contextmanager
def process(*words: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test; at the end it and what it started in its session are gone."""
    with log.open("wb") as file:
        path = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
        environment = {**os.environ, **path, **environment}
        environment |= {
            "DASK_TEMPORARY_DIRECTORY": str(log.parent),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        }
        started = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=log.parent, start_new_session=True
        )
    try:
        yield started
    finally:
        end(started)


def end(started: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started, kindly at first."""
    if started.poll() is not None:
        return
    family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
    started.terminate()
    for process in psutil.wait_procs(family, 3)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    started.wait(10)


def documented(start: str, **changes: str) -> list[str]:
    """Give a command from docs/cluster.md as words, with another machine and port."""
    page = (ROOT / "docs" / "cluster.md").read_text()
    command = next(line for line in page.splitlines() if line.startswith(start))
    for old, new in changes.items():
        command = command.replace(old, new)
    return command.split()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(done: Callable[[], object], started: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until something is true."""
    for _ in range(600):
        if done():
            return
        assert started.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler on the loopback device with two workers, which were started in another folder."""
    if not find_spec("distributed"):
        pytest.skip("the package distributed is not installed (requirements-cluster.txt)")
    folder = tmp_path_factory.mktemp("dask")
    logs = folder / "scheduler.log", folder / "worker.log"
    port = str(free_port())
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [*documented("dask scheduler", **{"8786": port}), *local]
    worker = [
        *documented("dask worker", **{"login": "127.0.0.1", "8786": port, "--nworkers 16": "--nworkers 2"}),
        *local,
    ]
    with process(*scheduler, log=logs[0]) as first:
        until(lambda: "Scheduler at" in logs[0].read_text(), first, logs[0])
        with process(*worker, "--local-directory", str(folder), log=logs[1]) as second:
            until(lambda: logs[1].read_text().count("Registered to") == 2, second, logs[1])
            yield f"tcp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Ray head with two processors; nobody without its token can use it."""
    if not find_spec("ray"):
        pytest.skip("the package ray is not installed (requirements-cluster.txt)")
    folder = Path("/tmp") / f"unmask-ray-{secrets.token_hex(4)}"  # a short path: sockets lie below it
    folder.mkdir()
    log, port = folder / "ray.log", str(free_port())
    head = [*documented("ray start --head", **{"6379": port}), "--block", "--node-ip-address", "127.0.0.1"]
    small = ["--num-cpus", "2", "--include-dashboard", "false", "--object-store-memory", "80000000", "--temp-dir"]
    private = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in private.items():
            patch.setenv(name, value)
        try:
            with process(*head, *small, str(folder), log=log) as started:
                until(lambda: "Ray runtime started" in log.read_text(), started, log)
                yield f"127.0.0.1:{port}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)


# Work for the tests ---------------------------------------------------------------------------------------------------


def square(given: tuple[int, str, str]) -> Result:
    """Square a number, unless it is 3: then its worker dies, the first time or always, or it fails."""
    number, fate, mark = given
    time.sleep(0.02)
    if number == 3 and (fate == "die" or (fate == "die once" and not Path(mark).exists())):
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 3 and fate == "fail":
        raise KeyError("three")
    return Result([{"square": number**2}], told={"faces": number, "failed": number % 2})


def tasks(folder: Path, fate: str = "", count: int = 8) -> list[Task]:
    return [Task(f"v{n}", fate, (n, fate, str(folder / "mark")), shard=f"{n % 2}.tar") for n in range(count)]


def squares(folder: Path, fate: str = "") -> list[int]:
    return [result.rows[0]["square"] for _, result in work.run("square", "v1", square, tasks(folder, fate))]


SQUARES = [number**2 for number in range(8)]


# The same bytes -------------------------------------------------------------------------------------------------------


def command(verb: str, out: str) -> str:
    """Write the command line of a stage, with those options that it has."""
    step = inspect.signature(getattr(import_module(f"unmask.{verb}.step"), verb)).parameters
    places = {
        "root": "data/00_raw/tiny",
        "videos": "data/index/tiny",
        "frames": f"{out}/extract/tiny",
        "faces": f"{out}/detect/tiny",
        "tables": f"{out}/crop/tables/tiny",
        "shards": f"{out}/crop/shards/tiny",
        "out": f"data/{verb}/tiny" if verb == "index" else f"{out}/{verb}/tiny",
    }
    script = next((ROOT / "stages").glob(f"*_{verb}.py"))
    return " ".join([str(script), *(f"--{name} {place}" for name, place in places.items() if name in step)])


def stages(folder: Path, out: str, *verbs: str, **environment: str) -> str:
    """Run stages in a project's folder with an empty work cache; give what they said."""
    done = subprocess.run(
        [sys.executable, "-c", STAGES, *(command(verb, out) for verb in verbs)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "UNMASK_CACHE": f"cache-{out}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


FROM_EXTRACT = ("extract", "detect", "crop")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a project with five small videos, one of them broken, and what one worker makes of them."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "params.yaml", folder)
    changes = {"corpora": {"tiny": {"layout": "folder"}}, "extract.shards": 2, "crop.shards": 2}
    Project(folder).edit("params.yaml", changes)
    raw = folder / "data" / "00_raw" / "tiny"
    for number, label in enumerate(["real", "real", "fake", "fake"]):
        frames = person(str(number)).frames
        write_video(raw / label / f"{number}.mp4", 4, lambda n, frames=frames: frames[n])  # type: ignore[misc]
    broken = (raw / "real" / "0.mp4").read_bytes()
    (raw / "fake" / "broken.mp4").write_bytes(broken[: len(broken) // 2])
    stages(folder, "one", "index", *FROM_EXTRACT, UNMASK_WORKERS="1")
    assert len(contents(folder / "one")) >= 7
    return folder


def test_two_workers_give_the_bytes_of_one(project: Path) -> None:
    said = stages(project, "two", *FROM_EXTRACT, UNMASK_WORKERS="2")
    assert contents(project / "two") == contents(project / "one")
    for verb in FROM_EXTRACT:
        assert re.search(rf"{verb}: shard 2 of 2 done, 4 of 4 videos, 16 (frames|faces), 0 failed", said), said


@pytest.mark.slow
def test_dask_gives_the_same_bytes(project: Path, dask: str) -> None:
    stages(project, "dask", *FROM_EXTRACT, UNMASK_ENGINE="dask", UNMASK_ADDRESS=dask)
    assert contents(project / "dask") == contents(project / "one")


@pytest.mark.slow
def test_ray_gives_the_same_bytes(project: Path, ray: str) -> None:
    stages(project, "ray", *FROM_EXTRACT, UNMASK_ENGINE="ray", UNMASK_ADDRESS=ray)
    assert contents(project / "ray") == contents(project / "one")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("distributed"), reason="the package distributed is not installed")
def test_the_slurm_script_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text()
    script = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)[0].replace("8786", str(free_port()))
    (tmp_path / "unmask.sbatch").write_text(script)
    # What a Slurm job has, as far as the script uses it; `dvc repro` becomes the stages themselves.
    steps = [command(verb, "slurm") for verb in FROM_EXTRACT]
    stand_ins = {
        "hostname": "echo 127.0.0.1",
        "srun": 'exec "$@"',
        "dvc": f"exec {sys.executable} -c {shlex.quote(STAGES)} {shlex.join(steps)}",
    }
    for name, line in stand_ins.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    job = {"SLURM_SUBMIT_DIR": str(project), "TMPDIR": str(tmp_path), "UNMASK_CACHE": "cache-slurm"}
    job["PATH"] = f"{tmp_path}:{BIN}:{os.environ['PATH']}"
    with process("bash", "unmask.sbatch", log=tmp_path / "log", **job) as run:
        assert run.wait(300) == 0, (tmp_path / "log").read_text()
    assert contents(project / "slurm") == contents(project / "one")


# Death and other mishaps ----------------------------------------------------------------------------------------------


def choose(patch: pytest.MonkeyPatch, engine: str, address: str = "", workers: int = 2) -> None:
    patch.setenv("UNMASK_ENGINE", engine)
    patch.setenv("UNMASK_ADDRESS", address)
    patch.setenv("UNMASK_WORKERS", str(workers))


def test_a_worker_that_dies_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose(monkeypatch, "loky")
    assert squares(tmp_path, "die once") == SQUARES
    assert (
        "square: a worker was lost (SIGKILL(-9)); what is not finished is begun once more." in capsys.readouterr().err
    )


def test_a_worker_that_dies_again_is_one_message_and_the_others_are_kept(
    tmp_path: Path, work_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "loky")
    with pytest.raises(EngineError, match=r"lost twice \(SIGKILL\(-9\)\).*at .*v3.*Run it again.*UNMASK_WORKERS=1"):
        squares(tmp_path, "die")
    assert len([path for path in work_cache.rglob("*") if path.is_file()]) >= 4


@pytest.mark.slow
def test_on_dask_too(tmp_path: Path, dask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "dask", dask)
    assert squares(tmp_path, "die once") == SQUARES
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")
    with pytest.raises(EngineError, match=r"lost twice \(KilledWorker.*at .*v3"):
        squares(tmp_path, "die")


@pytest.mark.slow
def test_on_ray_too(tmp_path: Path, ray: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "ray", ray)
    assert squares(tmp_path, "die once") == SQUARES
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")
    monkeypatch.setattr(ray_engine, "RETRIES", 0)
    with pytest.raises(EngineError, match=r"lost twice \(WorkerCrashedError.*at .*v3"):
        squares(tmp_path, "die")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_comes_as_it_is(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky", workers=workers)
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")


class Awkward(Exception):  # noqa: N818
    """An exception that cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def awkward(number: int) -> int:
    raise Awkward("can", "not")


def test_an_exception_that_cannot_travel_tells_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky")
    with pytest.raises(RuntimeError, match="Awkward: cannot"):
        list(each(awkward, [1, 2], desc="x"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("UNMASK_ENGINE", "slurm", "UNMASK_ENGINE is `slurm`; it can be loky, dask or ray."),
        ("UNMASK_WORKERS", "-1", "UNMASK_WORKERS is `-1`; it must be a whole number"),
        ("UNMASK_WORKERS", "two", "UNMASK_WORKERS is `two`; it must be a whole number"),
        ("UNMASK_CACHE", "/dev/null/cache", "in the work cache cannot be written"),
    ],
)
def test_wrong_settings_are_one_message(
    name: str, value: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UnmaskError, match=re.escape(message)):
        squares(tmp_path)


@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_cluster_that_is_not_there_is_one_message(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = {"dask": "distributed", "ray": "ray"}[engine]
    if find_spec(package):
        for address in (f"127.0.0.1:{free_port()}", "nowhere"):
            choose(monkeypatch, engine, address)
            monkeypatch.setattr(pool, "ANSWER", 0.5)
            with pytest.raises(EngineError, match=f"Nothing answers at UNMASK_ADDRESS={address}"):
                squares(tmp_path)
    choose(monkeypatch, engine)
    with pytest.raises(EngineError, match=f"UNMASK_ENGINE={engine} needs UNMASK_ADDRESS"):
        squares(tmp_path)
    choose(monkeypatch, engine, "127.0.0.1:1")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EngineError, match=f"needs the package {package} .*requirements-cluster.txt"):
        squares(tmp_path)


@pytest.mark.skipif(not find_spec("distributed"), reason="the package distributed is not installed")
def test_what_is_no_dask_scheduler_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ANSWER", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        choose(monkeypatch, "dask", f"127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(EngineError, match=r"is no Dask scheduler \(no greeting in 1 s\)"):
            squares(tmp_path)


def test_a_worker_with_other_code_or_without_the_folder_does_nothing(tmp_path: Path) -> None:
    call = There(partial(square, (2, "", "")))
    call.folder = str(Path.cwd())
    assert call().rows == [{"square": 4}]
    call.code = "other"
    assert "has another version of unmask or of a library" in str(call().error)
    call.folder = str(tmp_path / "nowhere")
    assert "cannot enter the project's folder" in str(call().error)


# Order and progress ---------------------------------------------------------------------------------------------------


def test_long_tasks_are_begun_first_and_results_come_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky", workers=1)
    begun: list[int] = []

    def note(given: tuple[int, str, str]) -> Result:
        begun.append(given[0])
        return square(given)

    costs = [1, 1, 90, 1, 2, 30, 1, 1]
    listed = [replace(task, cost=cost) for task, cost in zip(tasks(tmp_path), costs, strict=True)]
    found = [result.rows[0]["square"] for _, result in work.run("square", "v1", note, listed)]
    assert found == SQUARES
    # The long ones, then shard 0 with its longest first, then shard 1.
    assert begun == [2, 5, 4, 0, 6, 1, 3, 7]


def test_where_there_is_no_terminal_every_shard_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose(monkeypatch, "loky", workers=1)
    listed = tasks(tmp_path)
    list(work.run("square", "v1", square, listed))
    assert capsys.readouterr().err.splitlines() == [
        "square: shard 1 of 2 done, 4 of 8 videos, 12 faces, 0 failed",
        "square: shard 2 of 2 done, 8 of 8 videos, 28 faces, 4 failed",
    ]
    list(work.run("square", "v1", square, listed))
    assert capsys.readouterr().err == ""
    list(work.run("square", "v1", square, [*listed, Task("v8", "", (8, "", ""), shard="1.tar")]))
    assert capsys.readouterr().err == "square: shard 2 of 2 done, 9 of 9 videos, 8 from the cache, 8 faces, 0 failed\n"


@pytest.mark.parametrize("shards", [1, 7, 1000])
def test_a_log_has_few_lines(shards: int, capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted(f"{n % shards:03d}" for n in range(1000))
    with Progress("x", names, names) as progress:
        for name in names:
            progress.add(name, {})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == min(shards, 20)
    assert lines[-1] == f"x: shard {shards} of {shards} done, 1000 of 1000 videos, 0 failed"


TERMINAL = """
from pathlib import Path
from unmask import work
from test_parallel import square, tasks
list(work.run("square", "v1", square, tasks(Path("."))))
"""


def test_on_a_terminal_there_is_one_bar(tmp_path: Path) -> None:
    master, slave = os.openpty()
    paths = f"{ROOT / 'src'}:{ROOT / 'tests'}"
    environment = {**os.environ, "PYTHONPATH": paths, "UNMASK_WORKERS": "1", "COLUMNS": "100"}
    subprocess.run([sys.executable, "-c", TERMINAL], stderr=slave, cwd=tmp_path, env=environment, check=True)
    os.close(slave)
    shown = re.findall(r"[^\r\n]+", os.read(master, 1 << 16).decode())
    os.close(master)
    assert re.fullmatch(r"square: 100%\|█+\| 8 of 8 videos, 28 faces, 4 failed \[00:0\d<00:00\] *", shown[-1]), shown
