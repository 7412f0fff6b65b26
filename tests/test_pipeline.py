"""The layout of the house: dvc.yaml, scripts, packages, parameters, folders and tests tell the same story."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from unmask import code, params
from unmask.dictionary import dictionary, readme, verbs

DVC = params.read_yaml(Path("dvc.yaml"))["stages"]
STAGES: dict[str, dict[str, Any]] = {verb: entry.get("do", entry) for verb, entry in DVC.items()}
KEY_ORDER = ["desc", "cmd", "deps", "params", "outs", "metrics", "plots"]

# Read without being declared, for a declared table carries hashes that what is read must have: of clips that are made
# again from raw videos (where none are kept), and of crops.
UNDECLARED = {
    "detect": {"--root"},
    "crop": {"--root"},
    "train": {"--crops"},
    "predict": {"--crops"},
    "probe": {"--crops", "--frames"},
    "report": {"--crops"},
}

# Verbs whose plugins are chosen in params.yaml and are dependencies one by one.
PLUGINS = ("index", "detect")

# Folders of plugins that recipes name; all of them are a dependency, with what they import.
OF_NETWORKS = ("model/heads", "model/filters")
NAMED = {
    "train": ("augment/operations", "sbi/hulls", "train/losses", "train/sampling", *OF_NETWORKS),
    "predict": OF_NETWORKS,
    "probe": ("probe/heads", *OF_NETWORKS),
}


def paths(entries: list[Any]) -> list[str]:
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]


def outs(stage: dict[str, Any]) -> list[str]:
    return [path for kind in ("outs", "metrics", "plots") for path in paths(stage.get(kind, []))]


def options(stage: dict[str, Any]) -> dict[str, str]:
    words = shlex.split(stage["cmd"])[2:]
    return dict(zip(words[::2], words[1::2], strict=True))


def covers(declared: str, path: str) -> bool:
    return path == declared or path.startswith(f"{declared}/") or declared.startswith(f"{path}/")


def test_all_listings_agree_in_order() -> None:
    order = list(STAGES)
    assert verbs() == order
    scripts = [path.name for path in sorted(Path("stages").glob("*.py"))]
    assert [shlex.split(stage["cmd"])[1] for stage in STAGES.values()] == [f"stages/{name}" for name in scripts]
    packages = {path.parent.name for path in Path("src/unmask").glob("*/step.py")}
    assert packages == set(order)
    sections = [key for key in params.read_yaml(params.FILE) if key not in params.LISTS]
    assert sections == [verb for verb in order if verb in sections]


@pytest.mark.parametrize("verb", STAGES)
def test_each_verb_has_folder_test_and_script_of_its_number(verb: str) -> None:
    script = Path(shlex.split(STAGES[verb]["cmd"])[1])
    number = script.name.split("_")[0]
    assert any(path.startswith(f"data/{number}_{verb}") for path in outs(STAGES[verb]))
    assert Path(f"tests/test_{verb}.py").is_file() != Path(f"tests/{verb}/test_{verb}.py").is_file()
    assert len(script.read_text().splitlines()) <= 8
    assert f"from unmask.{verb}.step import {verb}" in script.read_text()


@pytest.mark.parametrize("verb", STAGES)
def test_stage_reads_well(verb: str) -> None:
    keys = list(STAGES[verb])
    assert keys == sorted(keys, key=KEY_ORDER.index)
    assert STAGES[verb]["desc"].endswith(".")
    assert set(DVC[verb]) <= {"foreach", "do"} or "foreach" not in DVC[verb]
    assert DVC[verb].get("foreach", "${corpora}") in ("${rendered}", "${corpora}", "${recipes}")


@pytest.mark.parametrize("verb", STAGES)
def test_command_uses_only_declared_paths(verb: str) -> None:
    stage = STAGES[verb]
    declared = paths(stage["deps"]) + outs(stage)
    used = {path for option, path in options(stage).items() if option not in UNDECLARED.get(verb, set())}
    assert shlex.split(stage["cmd"])[1] in stage["deps"]
    for path in used:
        named = path in {entry.rstrip(":") for entry in paths(stage.get("params", []))}
        assert named or any(covers(entry, path) for entry in declared), f"{path} is used but not declared"
    for entry in declared:
        if entry.startswith(("data/", "metrics/")):
            assert any(covers(entry, path) for path in used), f"{entry} is declared but not used"


@pytest.mark.parametrize("verb", STAGES)
def test_every_imported_module_is_a_dependency(verb: str) -> None:
    root = Path.cwd()
    needed = {str(path.relative_to(root)) for path in code.closure(f"unmask.{verb}.step")}
    # What plugins share is a dependency whichever of them is chosen; of the plugins themselves only the chosen one is.
    plugins = [path.relative_to(code.ROOT) for path in (code.ROOT / verb).glob("*s/[a-z]*.py") if verb in PLUGINS]
    for plugin in plugins:
        needed |= {
            str(path.relative_to(root)) for path in code.closure(f"unmask.{'.'.join(plugin.with_suffix('').parts)}")
        }
    needed -= {f"src/unmask/{plugin}" for plugin in plugins}
    for folder in NAMED.get(verb, ()):
        for plugin in (code.ROOT / folder).glob("[a-z]*.py"):
            named = code.closure(f"unmask.{folder.replace('/', '.')}.{plugin.stem}")
            needed |= {str(path.relative_to(root)) for path in named}
    declared = [entry for entry in paths(STAGES[verb]["deps"]) if entry.startswith("src/")]
    missing = {path for path in needed if not any(covers(entry, path) for entry in declared)}
    assert not missing, f"add to the deps of {verb}: {sorted(missing)}"
    for entry in declared:
        if "${" not in entry:
            assert any(covers(entry, path) for path in needed), (
                f"{entry} is a dependency of {verb} that it never imports"
            )


@pytest.mark.parametrize("verb", STAGES)
def test_parameters_of_the_function_are_dependencies(verb: str) -> None:
    tree = ast.parse(Path(f"src/unmask/{verb}/step.py").read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == verb)
    wanted = {a.arg for a in function.args.args if ast.unparse(a.annotation or ast.Constant(None)) != "Path"}
    declared = {entry.split(".")[0] for entry in paths(STAGES[verb].get("params", [])) if "/" not in entry}
    assert declared == wanted


def test_exempt_modules_exist() -> None:
    assert all((code.ROOT / name).is_dir() or (code.ROOT / f"{name}.py").is_file() for name in code.EXEMPT)


def test_package_front_doors_import_nothing() -> None:
    for path in Path("src/unmask").glob("*/__init__.py"):
        assert len(ast.parse(path.read_text()).body) == 1, f"{path} must hold its docstring alone"


def test_params_are_complete() -> None:
    written = params.read_yaml(params.FILE)
    loaded = params.load_all()
    for name, section in loaded.items():
        # Options of a layout may be left out; all else stands in the file.
        assert section.model_dump(mode="json", exclude_unset=name == "corpora") == written[name]


def test_every_parameter_has_a_question() -> None:
    lines = Path("params.yaml").read_text().splitlines()
    top = [n for n, line in enumerate(lines) if re.match(r"[a-z]+:", line)]
    for number in top:
        assert lines[number - 1].startswith("#"), f"params.yaml, line {number + 1}: no comment above"


def test_pages_made_from_code_are_current() -> None:
    assert Path("docs/data.md").read_text() == dictionary(), "run `make docs`"
    page = Path("README.md").read_text()
    assert page == readme(page), "run `make docs`"


def test_demo_stays_small() -> None:
    values = params.read_yaml(params.FILE)
    loops = {f"${{{name}}}": len(values[name]) for name in params.LISTS}
    assert sum(loops[entry["foreach"]] if "foreach" in entry else 1 for entry in DVC.values()) < 50
