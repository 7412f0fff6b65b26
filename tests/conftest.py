"""Shared fixtures: where the real test material lies, and a clean work cache for every test."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Every folder may have a conftest.py. As all have one name, pytest cannot import them to look for doctests.
collect_ignore_glob = ["*conftest.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files whose tests take minutes, so that none keeps one worker busy when all else is done."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture
def shared() -> Path:
    """Folder with real videos and weights; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "index.csv").is_file():
        pytest.skip(f"real test material is not at {folder}")
    return folder


@pytest.fixture(autouse=True)
def work_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a work cache of its own, so that none passes on another's results."""
    folder = tmp_path_factory.mktemp("work-cache")
    monkeypatch.setenv("UNMASK_CACHE", str(folder))
    return folder
