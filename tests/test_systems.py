"""Where the detectors of a recipe lie."""

from pathlib import Path

from unmask.systems import HEADS, evaluated, heads, place


def test_heads_follow_their_recipe(tmp_path: Path) -> None:
    for name in ("b+knn", "b+gru"):
        (tmp_path / "b" / HEADS / name).mkdir(parents=True)
    (tmp_path / "b" / HEADS / "b+note").write_text("no folder")
    (tmp_path / "a" / HEADS).mkdir(parents=True)
    assert heads(tmp_path / "b") == ["b+gru", "b+knn"]
    assert heads(tmp_path / "a") == heads(tmp_path / "none") == []
    assert evaluated(tmp_path, ["b", "a"]) == ["b", "b+gru", "b+knn", "a"]


def test_every_detector_has_a_folder_of_its_name() -> None:
    root = Path("data/90_evaluate")
    assert place(root, "b") == root / "b"
    assert place(root, "b+gru") == root / "b/heads/b+gru"
    assert place(root, "b+gru").name == "b+gru"
