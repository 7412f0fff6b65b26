"""Every recipe, and every change of one that docs/recipes.md names, trains: two real steps, and a loss that falls."""

import re
import shutil
import subprocess
from functools import cache, reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dvc.utils.cli_parse import to_path_overrides  # type: ignore[import-untyped]
from dvc.utils.hydra import apply_overrides, to_hydra_overrides  # type: ignore[import-untyped]
from probe.tracked import in_order
from ruamel.yaml import YAML
from toy_faces import write_split

from unmask.model.freeze import set_training
from unmask.probe.head import choices
from unmask.probe.params import load as load_probes
from unmask.split.tables import MANIFEST
from unmask.train.batches import loader, on
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.data import Crops, read_manifest
from unmask.train.recipe import Recipe, load
from unmask.train.step import _learned
from unmask.train.trainer import Trainer

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/recipes.md").read_text(encoding="utf-8")
NAMES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))
# Every line that begins with the command, with those that it goes on in.
COMMANDS = re.findall(r"^ {4}(dvc exp run (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
# A bash that says how it splits a command, and takes brackets that match no file for a mistake, as zsh does.
SPLIT = ("bash", "-O", "failglob", "-c")
# As small as the networks take, for otherwise the last feature map is a single place; all else a recipe keeps.
SMALL, SIDE = 32, {"mobilenetv3_small_100": 64, "mobilenetv2_100": 64, "nasnetalarge.tf_in1k": 96}
# Rates that suit four pictures and random weights.
RATE = {"dfdc_transfer": 0.05, "mobile": 0.003, "mobile_demo": 0.003, "patch_demo": 0.01, "study": 0.01}
STEPS = 12
# Eyes, nose and corners of the mouth in toy faces of 40 pixels.
LANDMARKS = [13.0, 15, 27, 15, 20, 22, 15, 29, 25, 29]
# Of the systems, as they were published.
BACKBONES = {
    "hecto_v1": {"convnext_tiny", "resnet50", "efficientnet_b0", "vit_tiny_patch16_224"},
    "hecto_v1_branch": {"convnext_tiny"},
    "hecto_v2": {"convnext_tiny"},
    "dfdc_transfer": {"resnet18", "nasnetalarge", "efficientnet_b0"},
    "convnextv2": {"convnextv2_atto"},
    "mobile": {"mobilenetv3_small_100"},
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_THREADS", "1")


def small(name: str, changes: list[str], folder: Path) -> Path:
    """Copy a recipe, change it as `dvc exp run` does, and make it small."""
    path = Path(shutil.copy(ROOT / "recipes" / f"{name}.yaml", folder))
    if changes:
        apply_overrides(path, changes)
    values = YAML().load(path.read_text(encoding="utf-8"))
    values["model"] |= {"weights": "none", "sha256": ""}
    values["input"]["size"] = SIDE.get(values["model"]["backbone"], SMALL)
    values["train"]["batch"] = values["predict"]["batch"] = 4
    if torch.cuda.is_available() is False and values["train"]["precision"] == "fp16":
        values["train"]["precision"] = "bf16"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(values, file)
    return path


def write_faces(folder: Path) -> None:
    """Write crops of one real video and one fake, eight pictures: two steps of four."""
    for name in ("train", "val"):
        path = write_split(folder, name, 2)
        rows = [row | {"landmarks": LANDMARKS if row["status"] == "ok" else None} for row in MANIFEST.rows(path)]
        MANIFEST.write(rows, path)


def trainer_of(plan: Recipe, folder: Path) -> Trainer:
    write_faces(folder)
    tables = [read_manifest(folder / f"{name}.parquet") for name in ("train", "val")]
    learned, _ = _learned(plan, tables[0], folder / "train.parquet", folder / "shards")
    return Trainer(plan, learned, Crops(tables[1], folder / "shards", None))


def take_two_steps(plan: Recipe, folder: Path) -> Trainer:
    """Learn for an epoch of two steps and judge; what should learn has learned, what is frozen has not."""
    trainer = trainer_of(plan, folder)
    before = {name: one.detach().clone() for name, one in trainer.net.named_parameters()}
    state = State()
    assert np.isfinite(trainer.learn(state, Checkpoint("toy", writes=False)))
    assert state.steps == 2
    assert all(np.isfinite(value) for value in trainer.judge().values())
    changed = {name for name, one in trainer.net.named_parameters() if not torch.equal(one, before[name])}
    learning = {name for name, one in trainer.net.named_parameters() if one.requires_grad}
    assert changed <= learning
    # A bias before a batch norm may stay where it is, and a ReLU may be dead on eight pictures.
    assert len(changed) > 0.9 * len(learning)
    return trainer


@cache
def changes_of(command: str) -> tuple[str, list[str], list[str]]:
    """Give the recipe that a command runs, what it changes of it, and of params.yaml, as the shell and DVC read it."""
    done = subprocess.run([*SPLIT, f"printf '%s\\0' {command}"], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    words = done.stdout.split("\0")[3:-1]
    assert words[::2] == ["-S"] * (len(words) // 2), words
    files = to_path_overrides(words[1::2])
    runs, *others = files.pop("params.yaml")
    (recipes,) = to_hydra_overrides([runs])
    (name,) = recipes.value()
    assert recipes.key_or_group == "recipes"
    assert set(files) <= {f"recipes/{name}.yaml"}
    return name, files.get(f"recipes/{name}.yaml", []), others


def value_at(path: Path, key: str) -> Any:
    values = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return reduce(lambda part, name: part[name], key.split("."), values)


def cases() -> list[Any]:
    slow = {command: [pytest.mark.slow] for command in COMMANDS if "nasnet" in command}
    return [pytest.param(one, id=f"{n}", marks=slow.get(one, [])) for n, one in enumerate(COMMANDS)]


@pytest.mark.parametrize("name", NAMES)
def test_recipe_trains_and_its_loss_falls_on_a_fixed_batch(name: str, tmp_path: Path) -> None:
    plan = load(small(name, [], tmp_path))
    trainer = take_two_steps(plan, tmp_path)
    # Nothing is thrown now but what the network drops itself, and the rate suits four pictures.
    still = plan.augment.model_copy(update={"policies": {key: {} for key in plan.augment.policies}})
    calm = plan.model_copy(update={"augment": still})
    learned, _ = _learned(calm, trainer._learned.table, tmp_path / "train.parquet", tmp_path / "shards")
    rows = [0, 1] if learned.views == 2 else [0, 1, 4, 5]
    cpu = torch.device("cpu")
    (batch,) = on(cpu, loader(learned, [[(1, row) for row in rows]], cpu))
    assert sorted(batch["label"].tolist()) == [0, 0, 1, 1]
    set_training(trainer.net, hold_norms=plan.train.freeze_norm)
    for group in trainer.optimizer.param_groups:
        group["lr"] = RATE.get(name, 0.001 if plan.blend == "none" else 0.0003)
    losses = [float(trainer._step(batch)) for _ in range(STEPS)]
    assert np.mean(losses[-3:]) < 0.9 * losses[0], losses


@pytest.mark.parametrize("command", cases())
def test_what_the_page_changes_trains(command: str, tmp_path: Path) -> None:
    name, changes, _ = changes_of(command)
    take_two_steps(load(small(name, changes, tmp_path)), tmp_path)


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_what_the_page_changes_arrives(command: str, tmp_path: Path) -> None:
    name, changes, others = changes_of(command)
    assert changes or others
    arrives(ROOT / "recipes" / f"{name}.yaml", changes, tmp_path)
    arrives(ROOT / "params.yaml", others, tmp_path)


def arrives(before: Path, changes: list[str], folder: Path) -> None:
    """Check that changes of a file are made, and that each changes something."""
    after = Path(shutil.copy(before, folder))
    apply_overrides(after, changes)
    wanted = {one.key_or_group: one.value() for one in to_hydra_overrides(changes) if not one.is_delete()}
    assert {one.partition("=")[0].strip("~+") for one in changes} == set(wanted)
    for key, value in wanted.items():
        assert value_at(after, key) == value
        try:
            assert value_at(before, key) != value, f"{key} is that already"
        except KeyError:
            assert f"+{key}=" in "".join(changes), f"{key} is not in {before.name}"


def test_run_is_that_of_the_named_recipe_alone(tmp_path: Path) -> None:
    path = Path(shutil.copy(ROOT / "params.yaml", tmp_path))
    apply_overrides(path, ["recipes=[hecto_v1]"])
    assert value_at(path, "recipes") == ["hecto_v1"]
    assert "-S 'recipes=[hecto_v1]'" in COMMANDS[0]


@pytest.mark.parametrize("name", BACKBONES)
def test_page_names_every_backbone_of_a_system(name: str) -> None:
    named = {load(ROOT / "recipes" / f"{name}.yaml").model.backbone}
    for recipe, changes, _ in map(changes_of, COMMANDS):
        named |= {change.partition("=")[2] for change in changes if recipe == name and change.startswith("model.back")}
    assert {one.partition(".")[0] for one in named} == BACKBONES[name]


@pytest.mark.parametrize("name", [name for name in NAMES if load_probes(ROOT / "recipes" / f"{name}.yaml").heads])
def test_heads_of_a_recipe_are_fitted(name: str) -> None:
    plan = load_probes(ROOT / "recipes" / f"{name}.yaml")
    learned, judged = in_order(1, 24), in_order(2, 8)
    for head, settings in plan.heads.values():
        # The widest of what is tried, and two epochs.
        few = {"epochs": 2, "patience": 2}
        fitted = head.fit(learned, judged, {**choices(settings)[-1], **few}, plan.seed)
        scores = fitted.score(judged)
        assert scores.shape == (len(judged),)
        assert np.isfinite(scores).all()
