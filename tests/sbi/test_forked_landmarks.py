"""A landmark model among a loader's workers: each opens one session of its own, and none comes from before the fork."""

import os
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from sbi.answering import brightest, options
from torch.utils.data import DataLoader, Dataset

from unmask.sbi.landmarks68 import Finder

PLACES = [(30 + 6 * number, 90 - 4 * number) for number in range(12)]


def picture(number: int) -> np.ndarray:
    image = np.zeros((128, 128, 3), np.uint8)
    cv2.circle(image, PLACES[number], 9, (255, 0, 0), -1)
    return image


class Asked(Dataset[Any]):
    """Asks a model about pictures; gives the answer, who asked, and who opened which sessions since the fork."""

    def __init__(self, finder: Finder, opened: list[tuple[int, list[str]]]) -> None:
        self._finder, self._opened = finder, opened

    def __len__(self) -> int:
        """Count the pictures."""
        return len(PLACES)

    def __getitem__(self, number: int) -> Any:
        """Ask about one."""
        found = self._finder(picture(number))
        return torch.from_numpy(found), os.getpid(), list(self._opened)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """Note the process and the providers of every session of onnxruntime that is opened."""
    noted: list[tuple[int, list[str]]] = []
    real = onnxruntime.InferenceSession

    def noting(*given: Any, **named: Any) -> Any:
        noted.append((os.getpid(), named["providers"]))
        return real(*given, **named)

    monkeypatch.setattr(onnxruntime, "InferenceSession", noting)
    return noted


def test_every_worker_opens_a_session_of_its_own(tmp_path: Path, opened: list[tuple[int, list[str]]]) -> None:
    finder = Finder(options(brightest(tmp_path / "m.onnx"), units="shares"))
    # Looked at on the CPU, whatever else onnxruntime has.
    assert opened == [(os.getpid(), ["CPUExecutionProvider"])]
    loader = DataLoader(
        Asked(finder, opened), batch_size=None, num_workers=2, multiprocessing_context="fork", persistent_workers=True
    )
    answers = [*loader, *loader]
    workers = {worker for _, worker, _ in answers}
    assert len(workers) == 2
    assert os.getpid() not in workers
    for _, worker, sessions in answers:
        assert [process for process, _ in sessions[1:]] == [worker]
    for number, (found, _, _) in enumerate(answers):
        assert np.abs(found.numpy() - PLACES[number % len(PLACES)]).max() < 0.6
    assert len(opened) == 1
    # The same bytes as in this process.
    assert finder(picture(0)).tobytes() == answers[0][0].numpy().tobytes()
    assert len(opened) == 2


def test_a_session_that_is_open_here_is_not_used_after_a_fork(
    tmp_path: Path, opened: list[tuple[int, list[str]]]
) -> None:
    finder = Finder(options(brightest(tmp_path / "m.onnx"), units="shares"))
    here = [finder(picture(number)) for number in range(len(PLACES))]
    assert len(opened) == 2
    loader = DataLoader(Asked(finder, opened), batch_size=None, num_workers=2, multiprocessing_context="fork")
    for expected, (found, worker, sessions) in zip(here, loader, strict=True):
        assert [process for process, _ in sessions[2:]] == [worker]
        assert found.numpy().tobytes() == expected.tobytes()


def test_a_model_goes_to_another_process_without_its_session(tmp_path: Path) -> None:
    finder = Finder(options(brightest(tmp_path / "m.onnx"), units="shares"))
    expected = finder(picture(3))
    assert pickle.loads(pickle.dumps(finder))(picture(3)).tobytes() == expected.tobytes()
