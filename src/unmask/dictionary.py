"""The pages that are made from code: the data dictionary, and the README's table of steps."""

from importlib import import_module, util
from pathlib import Path

from unmask.params import read_yaml
from unmask.schema import Table

START, END = "<!-- steps: made by `make docs` -->\n", "<!-- end of steps -->\n"

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


def with_steps(readme: str) -> str:
    """Renew the table of steps in the README from `dvc.yaml`."""
    stages = read_yaml(Path("dvc.yaml"))["stages"]
    lines = ["| step | once per | what it does |", "|---|---|---|"]
    per = {"${rendered}": "embedded corpus", "${corpora}": "corpus", "${recipes}": "recipe", "": "run"}
    for verb, entry in stages.items():
        desc = entry.get("do", entry)["desc"]
        lines.append(f"| `{verb}` | {per[entry.get('foreach', '')]} | {desc} |")
    before, rest = readme.split(START)
    return before + START + "\n".join(lines) + "\n" + END + rest.split(END)[1]
