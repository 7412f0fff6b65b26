"""Which modules a step's bytes depend on: the closure of its imports, and one hash over them."""

import ast
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from unmask.hashing import digest, file_sha256

ROOT = Path(__file__).parent

# Modules that cannot change bytes; the only ones that are neither dependencies in `dvc.yaml` nor part of the hash.
EXEMPT = (
    *("cli", "cluster", "code", "confine", "dictionary", "errors", "kinds", "orphans", "packing", "parallel"),
    *("preflight", "progress", "sandbox", "sandboxed", "stage", "storage", "wording", "work"),
)


@cache
def closure(module: str) -> tuple[Path, ...]:
    """Find every file of unmask that importing a module executes, exempt modules left out.

    Args:
        module: Dotted name below `unmask`, such as `unmask.crop`.

    Returns:
        Paths, sorted; plugins that are imported by name at run time are not among them.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None or name in found or _only_says(path) or name.removeprefix("unmask.").split(".")[0] in EXEMPT:
            continue
        found[name] = path
        waiting += [imported for imported in _imports(path) if imported.startswith("unmask.")]
        waiting += _parents(name)
    return tuple(sorted(path for path in found.values()))


@cache
def version(*modules: str) -> str:
    """Hash the closure of some modules and the versions of the libraries that it imports.

    Args:
        modules: Dotted names, the chosen plugin's among them.

    Returns:
        64 hexadecimal digits; another value means that other bytes may come out.
    """
    paths = sorted({path for module in modules for path in closure(module)})
    roots = {imported.split(".")[0] for path in paths for imported in _imports(path)}
    return digest([[str(p.relative_to(ROOT)), file_sha256(p)] for p in paths], _versions(frozenset(roots)))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    names: set[str] = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            # `from package import module` executes the module too.
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return tuple(sorted(names))


def _only_says(path: Path) -> bool:
    """Tell whether a module holds nothing but its docstring, so that executing it changes nothing."""
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in _parsed(path).body)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _file_of(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split(".")[1:])
    if module != "unmask" and base.with_suffix(".py").is_file():
        return base.with_suffix(".py")
    return base / "__init__.py" if (base / "__init__.py").is_file() and module != "unmask" else None


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(2, len(parts))]


@cache
def _versions(roots: frozenset[str]) -> list[str]:
    return sorted(f"{name}=={metadata.version(name)}" for name in _owners(roots - sys.stdlib_module_names - {"unmask"}))


def _owners(roots: frozenset[str]) -> set[str]:
    """Find the distributions that brought some top-level modules, by their lists of files.

    `importlib.metadata.packages_distributions` takes such lists apart for all modules; that is a quarter of a second,
    which every stage would pay.
    """
    if not roots:
        return set()
    brings = re.compile(f"\n(?:{'|'.join(map(re.escape, sorted(roots)))})[/.]")
    return {one.name for one in metadata.distributions() if brings.search("\n" + (one.read_text("RECORD") or ""))}
