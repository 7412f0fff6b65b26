"""WildDeepfake: four categories, numbered folders, sequences; and everything that is not so is named."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from faces import plant_pictures
from plant import fact, known, run

from unmask.errors import LayoutError

BASE = "deepfake_in_the_wild"
TREE = {
    "real train/0/real/3": (12, 57, 101),
    "real train/0/real/4": (9, 10),
    "real train/11/real/3": (1,),
    "real test/0/real/1": (2, 3),
    "fake train/0/fake/131": (942, 953, 1073),
    "fake test/0/fake/2": (5, 6),
}


def tree(root: Path, folders: Iterable[str] = TREE, base: str = f"{BASE}/") -> Path:
    return plant_pictures(root / "raw", [f"{base}{f}/{n}.png" for f in folders for n in TREE.get(f, (1, 2))])


def expected(label: int, category: str, number: int) -> dict[str, object]:
    person = f"wilddeepfake:{category}/{number}"
    method, split = "unknown" if label else "", category.split()[1]
    return fact(
        label, [person], method=method, split=split, sources=[person], kind="faces", attributes={"category": category}
    )


@pytest.mark.parametrize("base", ["", f"{BASE}/"])
def test_official_form(tmp_path: Path, base: str) -> None:
    rows = run(tree(tmp_path, base=base), "wild", layout="wilddeepfake")
    assert {path: known(row) for path, row in rows.items()} == {
        f"{base}real train/0/real/3": expected(0, "real train", 0),
        f"{base}real train/0/real/4": expected(0, "real train", 0),
        f"{base}real train/11/real/3": expected(0, "real train", 11),
        f"{base}real test/0/real/1": expected(0, "real test", 0),
        f"{base}fake train/0/fake/131": expected(1, "fake train", 0),
        f"{base}fake test/0/fake/2": expected(1, "fake test", 0),
    }
    row = rows[f"{base}real train/0/real/3"]
    assert row["video"] == f"wild/{base}real train/0/real/3"
    assert (row["status"], row["frames"], row["codec"], row["fps"]) == ("ok", 3, "png", 0.0)


def test_spelling_with_an_underscore_names_the_same_people(tmp_path: Path) -> None:
    rows = run(tree(tmp_path, ["real_train/0/real/3", "fake_test/0/fake/2"]), layout="wilddeepfake")
    assert known(rows[f"{BASE}/real_train/0/real/3"]) == expected(0, "real train", 0)
    assert known(rows[f"{BASE}/fake_test/0/fake/2"]) == expected(1, "fake test", 0)


def test_partial_download_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tree(tmp_path), layout="wilddeepfake")
    assert "real train 3 of 3,409; fake train 1 of 3,099; real test 1 of 396; fake test 1 of 410" in (
        capsys.readouterr().err
    )


def test_archives_must_be_unpacked_and_the_message_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path)
    (root / BASE / "real train" / "0.tar.gz").touch()
    run(root, layout="wilddeepfake")
    (root / BASE / "real train" / "7.tar.gz").touch()
    with pytest.raises(LayoutError, match=r"real train/7\.tar\.gz: not unpacked; .*\(cd '.*wild.*' && for f in"):
        run(root, layout="wilddeepfake")
    assert len(run(root, layout="wilddeepfake", tolerate=["listed"])) == len(TREE)
    assert "1 left out by `tolerate: [listed]`: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "name", "message"),
    [
        ("label", "real train/0/fake/9/1.png", r"0/fake/9: a folder `fake` in the category `real train`"),
        ("name", "real train/0/other/9/1.png", r"0/other/9: pictures lie in .*<N>/<real or fake>/<sequence>"),
        ("name", "real train/0/real/9/deep/1.png", r"9/deep: pictures lie in"),
        ("name", "fake train/0/fake/9/a1.png", r"9/a1\.png: pictures are named <number of the frame>\.png"),
        ("name", "fake train/0/fake/9/1.jpg", r"9/1\.jpg: pictures are named"),
        ("name", "fake train/x/fake/9/1.png", r"x/fake/9: pictures lie in"),
        ("duplicate", "real_train/0/real/9/1.png", r"real_train: `.*real train` is there too; keep one"),
    ],
)
def test_what_is_not_so_is_named_or_counted(
    tmp_path: Path, rule: str, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = plant_pictures(tree(tmp_path), [f"{BASE}/{name}"])
    with pytest.raises(LayoutError, match=message) as caught:
        run(root, layout="wilddeepfake")
    assert f"tolerate: [{rule}]" in str(caught.value)
    assert len(run(root, layout="wilddeepfake", tolerate=[rule])) == len(TREE)
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


def test_another_folder_is_none_of_it(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="holds no pictures in real train, fake train, real test, fake test"):
        run(plant_pictures(tmp_path / "raw", ["real/1.png"]), layout="wilddeepfake")
