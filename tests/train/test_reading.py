"""Shards that stay open: the same bytes and the same errors, few open files, and none left."""

import pickle
from pathlib import Path

import pytest

from unmask.errors import DataError
from unmask.shards import Place, read_at
from unmask.train import reading
from unmask.train.reading import Shards


def opened(folder: Path) -> int:
    """Count the files below a folder that this process holds open."""
    links = list(Path("/proc/self/fd").iterdir())
    return sum(str(link.readlink()).startswith(str(folder)) for link in links if link.is_symlink())


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Write five shards with ten members of seven bytes each."""
    for number in range(5):
        (tmp_path / f"{number}.bin").write_bytes(bytes((number * 70 + byte) % 251 for byte in range(70)))
    return [Place(f"{number % 5}.bin", 7 * (number // 5), 7) for number in range(50)]


def test_bytes_are_those_of_a_single_read(tmp_path: Path, places: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 3)
    shards = Shards(tmp_path)
    for place in places:
        assert shards.read(place)[0] == read_at(tmp_path, place)
        assert opened(tmp_path) <= 3
    assert opened(tmp_path) == 3
    del shards
    assert opened(tmp_path) == 0


def test_another_process_opens_its_own(tmp_path: Path, places: list[Place]) -> None:
    shards = Shards(tmp_path)
    shards.read(places[0])
    other = pickle.loads(pickle.dumps(shards))
    assert opened(tmp_path) == 1
    assert other.read(places[1])[0] == read_at(tmp_path, places[1])
    assert opened(tmp_path) == 2


def test_what_is_wrong_is_told_as_always(tmp_path: Path, places: list[Place]) -> None:
    shards = Shards(tmp_path)
    with pytest.raises(DataError, match=r"9\.bin does not exist; fetch it with `dvc pull"):
        shards.read(Place("9.bin", 0, 7))
    with pytest.raises(DataError, match=r"0\.bin is shorter than its table says"):
        shards.read(Place("0.bin", 65, 7))
    assert shards.read(places[0])[0] == read_at(tmp_path, places[0])


def test_a_file_that_was_opened_stays_the_same_one(tmp_path: Path, places: list[Place]) -> None:
    shards = Shards(tmp_path)
    data, first = shards.read(places[0])
    (tmp_path / "new").write_bytes(bytes(70))
    (tmp_path / "new").replace(tmp_path / places[0].shard)
    assert shards.read(places[0]) == (data, first)
    # Another opening has another number, and so has another shard.
    numbers = {opening for _, opening in map(shards.read, places)}
    assert len(numbers) == 5
    assert 0 not in numbers
    assert Shards(tmp_path).read(places[0])[0] == bytes(7)
