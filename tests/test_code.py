"""The code version of a step: it follows every module that the step imports, and no other."""

from importlib import metadata
from pathlib import Path

import pytest

from unmask import code


def names(module: str) -> set[str]:
    return {str(path.relative_to(code.ROOT)) for path in code.closure(module)}


def test_closure_follows_imports_and_leaves_out_exempt_modules() -> None:
    found = names("unmask.split.tables")
    assert found == {"columns.py", "schema.py", "sorted_rows.py", "split/tables.py"}
    assert not {Path(name).parts[0].removesuffix(".py") for name in names("unmask.crop.step")} & set(code.EXEMPT)


def test_a_score_column_or_evaluate_key_touches_nothing_before_predict() -> None:
    for verb in ("index", "extract", "detect", "crop", "split", "train"):
        later = {name for name in names(f"unmask.{verb}.step") if name.startswith(("predict/", "tune/", "evaluate/"))}
        assert not later


def test_version_changes_with_the_code_and_only_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "unmask" / "verb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Verb."""\n')
    (package / "step.py").write_text("import json\nfrom unmask.verb import other\n")
    (package / "other.py").write_text("value = 1\n")
    (package / "alone.py").write_text("value = 1\n")
    monkeypatch.setattr(code, "ROOT", tmp_path / "unmask")

    def version() -> str:
        for cached in (code.closure, code.version, code._imports, code._parsed):
            cached.cache_clear()
        return code.version("unmask.verb.step")

    try:
        before = version()
        (package / "alone.py").write_text("value = 2\n")
        assert version() == before
        (package / "other.py").write_text("value = 2\n")
        assert version() != before
    finally:
        for cached in (code.closure, code.version, code._imports, code._parsed):
            cached.cache_clear()


def test_libraries_are_found_as_the_standard_library_finds_them() -> None:
    known = metadata.packages_distributions()
    for roots in ({"cv2"}, {"ruamel", "pydantic"}, {"torch", "numpy", "av", "sklearn", "typer"}, {"nothing"}):
        assert code._owners(frozenset(roots)) == {name for root in roots for name in known.get(root, [])}
