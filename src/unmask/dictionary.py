"""The pages that are made from code: the data dictionary, and the README's tables of steps and results."""

import json
from importlib import import_module, util
from pathlib import Path

from unmask.params import read_yaml
from unmask.schema import Table

HEAD = """# The tables

Made by `unmask docs` from the `tables.py` of each step; a test fails when the two differ. Every table is a Parquet
file, sorted by its key, checked when it is written and when it is read. Keys are in bold.
"""


def dictionary() -> str:
    """Describe every table of every step.

    Returns:
        Markdown, ending with a newline.
    """
    parts = [HEAD]
    for verb in verbs():
        for table in tables(verb):
            parts.append(_section(verb, table))
    return "\n".join(parts)


def verbs() -> list[str]:
    """Give the steps in order: the stage scripts say which there are."""
    return [path.stem[3:] for path in sorted(Path("stages").glob("[0-9][0-9]_*.py"))]


def tables(verb: str) -> list[Table]:
    """Give the tables that a step owns, in the order in which its module defines them."""
    name = f"unmask.{verb}.tables"
    if util.find_spec(name) is None:
        return []
    return [value for value in vars(import_module(name)).values() if isinstance(value, Table)]


def _section(verb: str, table: Table) -> str:
    lines = [f"## {verb}: {table.name}", "", table.meaning, "", "| column | type | meaning |", "|---|---|---|"]
    for column in table.columns:
        name = f"**`{column.name}`**" if column.name in table.key else f"`{column.name}`"
        null = " Null where there is none." if column.nullable else ""
        lines.append(f"| {name} | {column.type} | {column.meaning}{null} |")
    return "\n".join([*lines, ""])


def readme(text: str) -> str:
    """Renew the parts of the README that are made: the steps from `dvc.yaml`, the results from `metrics/`."""
    text = _between(text, "steps", _steps())
    # Before anything was evaluated, as with another's corpora, the results stay as they are.
    return _between(text, "results", rows) if (rows := _results()) else text


def _between(text: str, name: str, lines: list[str]) -> str:
    start, end = f"<!-- {name}: made by `make docs` -->\n", f"<!-- end of {name} -->\n"
    before, rest = text.split(start)
    return before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def _steps() -> list[str]:
    stages = read_yaml(Path("dvc.yaml"))["stages"]
    per = {"${rendered}": "embedded corpus", "${corpora}": "corpus", "${recipes}": "recipe", "": "run"}
    return ["| step | once per | what it does |", "|---|---|---|"] + [
        f"| `{verb}` | {per[entry.get('foreach', '')]} | {entry.get('do', entry)['desc']} |"
        for verb, entry in stages.items()
    ]


def _results() -> list[str]:
    params = read_yaml(Path("params.yaml"))
    if not all(Path(f"metrics/{r}/{c}.json").is_file() for r in params["recipes"] for c in params["corpora"]):
        return []
    placed = json.loads(Path("metrics/split.json").read_text(encoding="utf-8"))["corpora"]
    seen = [corpus for corpus, found in placed.items() if found["splits"].keys() - {"test"}]
    heads = [f"{corpus} ({'seen' if corpus in seen else 'never seen'})" for corpus in params["corpora"]]
    rows = [[recipe, *(_cell(recipe, corpus) for corpus in params["corpora"])] for recipe in params["recipes"]]
    rule = ["---"] * (len(heads) + 1)
    return [f"| {' | '.join(row)} |" for row in [["recipe", *heads], rule, *rows]]


def _cell(recipe: str, corpus: str) -> str:
    auc = json.loads(Path(f"metrics/{recipe}/{corpus}.json").read_text(encoding="utf-8"))["auc"]
    return "{value:.3f} [{low:.3f}, {high:.3f}]".format(**auc) if None not in auc.values() else "none"
