"""DeepfakeBench's lists: read as the authors write them."""

import json
from pathlib import Path

import pytest
from faces import plant_pictures
from layouts.bench_lists import FF, NT, TARGET, official, read, record, tree
from plant import fact, known

from unmask.errors import LayoutError


def test_official_form(tmp_path: Path) -> None:
    rows = read(tree(tmp_path, official()), dataset=FF, compression="c23")
    words = {"compression": "c23", "kind": "faces"}
    assert {path: known(row) for path, row in rows.items()} == {
        f"{TARGET}/000": fact(0, ["faceforensics:000"], split="test", **words),
        f"{TARGET}/003": fact(0, ["faceforensics:003"], split="test", **words),
        f"{TARGET}/071": fact(0, ["faceforensics:071"], split="train", **words),
        f"{NT}/000_003": fact(
            1,
            ["faceforensics:000", "faceforensics:003"],
            method="NeuralTextures",
            split="test",
            pair=f"bench/{TARGET}/000",
            **words,
        ),
        f"{NT}/071_054": fact(
            1,
            ["faceforensics:071", "faceforensics:054"],
            method="NeuralTextures",
            split="train",
            pair=f"bench/{TARGET}/071",
            **words,
        ),
    }
    assert rows[f"{NT}/000_003"]["frames"] == 2


@pytest.mark.parametrize(
    ("label", "folder", "video", "identities", "method"),
    [
        ("FF-DF", "x", "000_003", ["faceforensics:000", "faceforensics:003"], "Deepfakes"),
        ("FF-FH", "x", "000_003", ["faceforensics:000", "faceforensics:003"], "FaceShifter"),
        ("DFD_fake", "x", "24_23__kitchen__YR5OVD4S", ["dfd:24", "dfd:23"], "DeepFakeDetection"),
        ("DFD_real", "x", "24__kitchen", ["dfd:24"], ""),
        ("CelebDFv2_fake", "x", "id0_id1_0000", ["celeb_df:id0", "celeb_df:id1"], "Celeb-synthesis"),
        ("CelebDFv1_real", "x", "id0_0000", ["celeb_df:id0"], ""),
        ("CelebDFv2_real", "x", "00170", ["celeb_df:youtube-00170"], ""),
        ("DFDC_Fake", "DFDC/train/dfdc_train_part_12/frames", "abarnvbtwb", ["dfdc:part_12"], "dfdc"),
        ("DFDC_Real", "DFDC/test/frames", "abarnvbtwb", ["dfdc:abarnvbtwb"], ""),
        ("DFDCP_FakeB", "x", "1_2_A_001", ["dfdc_preview:2", "dfdc_preview:1"], "B"),
        ("DF_fake", "x", "000_M101", ["faceforensics:000", "deeperforensics:M101"], "end_to_end"),
        ("DF_real", "D/source_videos/W004/frames", "a", ["deeperforensics:W004"], ""),
        ("UADFV_Fake", "x", "0001_fake", ["uadfv:0001"], "FakeApp"),
        ("simswap_Fake", "DF40/simswap/cdf/frames", "id0_id1_0000", ["celeb_df:id0", "celeb_df:id1"], "simswap"),
        ("simswap_Real", f"{FF}/original_sequences/youtube/c23/frames", "000", ["faceforensics:000"], ""),
        ("heygen_Real", "DF40/heygen/real", "0003", ["bench:0003"], ""),
    ],
)
def test_labels_and_names_of_known_data_sets(
    tmp_path: Path, label: str, folder: str, video: str, identities: list[str], method: str
) -> None:
    listed = {"set": {label: {"test": {video: record(label, f"{folder}/{video}")}}}}
    (row,) = read(tree(tmp_path, listed)).values()
    assert known(row) == fact(int(bool(method)), identities, method=method, split="test", kind="faces")


def test_a_fake_finds_its_real_in_every_data_set_that_names_it(tmp_path: Path) -> None:
    pairs = {
        ("CelebDFv2_real", "CelebDFv2_fake"): ("id0_0000", "id0_id1_0000"),
        ("DFD_real", "DFD_fake"): ("24__kitchen", "24_23__kitchen__YR5OVD4S"),
        ("UADFV_Real", "UADFV_Fake"): ("0001", "0001_fake"),
    }
    for number, ((real, fake), (first, second)) in enumerate(pairs.items()):
        listed = {
            "set": {label: {"test": {n: record(label, f"{label}/{n}")}} for label, n in ((real, first), (fake, second))}
        }
        rows = read(tree(tmp_path / str(number), listed))
        assert rows[f"{fake}/{second}"]["pair"] == f"bench/{real}/{first}"


def test_videos_in_several_splits_go_to_the_best_guarded_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = (record("UADFV_Real", n) for n in ("one", "two", "three"))
    splits = {"train": {"one": one, "two": two, "three": three}, "val": {"one": one, "two": two}, "test": {"one": one}}
    rows = read(tree(tmp_path, {"UADFV": {"UADFV_Real": splits}}))
    assert {path: row["split"] for path, row in rows.items()} == {"one": "test", "two": "val", "three": "train"}
    assert "2 videos stand in several splits" in capsys.readouterr().err


def test_a_list_that_repeats_all_splits_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos = {"one": record("UADFV_Real", "one")}
    rows = read(tree(tmp_path, {"UADFV": {"UADFV_Real": dict.fromkeys(("train", "val", "test"), videos)}}))
    assert rows["one"]["split"] is None
    assert "so there is no official split" in capsys.readouterr().err


def test_the_record_without_a_name_in_dfdc_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {"DFDC": {"DFDC_Real": {"test": {"a": record("DFDC_Real", "a")}, "val": record("DFDC_Real", "a")}}}
    assert read(tree(tmp_path, listed))["a"]["split"] == "test"
    assert "`val` holds one record without a name" in capsys.readouterr().err


def test_paths_from_the_authors_machine_need_a_prefix(tmp_path: Path) -> None:
    listed = {"set": {"e4e_Fake": {"test": {"1": record("e4e_Fake", "e4e/1")}}}}
    root = tree(tmp_path, listed)
    text = json.dumps(listed).replace('"e4e/1', '"/Somewhere/datasets/e4e/1')
    (root / "list.json").write_text(text)
    with pytest.raises(
        LayoutError, match=r"`1`: the path `/Somewhere/datasets/e4e/1/000\.png` must lie below the root"
    ):
        read(root)
    assert set(read(root, prefix="/Somewhere/datasets")) == {"e4e/1"}
    (root / "list.json").write_text(text.replace("/Somewhere/", "./"))
    assert set(read(root, prefix="datasets/")) == {"e4e/1"}


def test_single_pictures_of_one_folder_are_videos(tmp_path: Path) -> None:
    videos = {n: record("e4e_Fake", "e4e/inversions", (f"{n}.jpg",)) for n in ("1", "2")}
    rows = read(tree(tmp_path, {"e4e": {"e4e_Fake": {"test": videos}}}))
    assert {path: (row["video"], row["frames"]) for path, row in rows.items()} == {
        "e4e/inversions/1.jpg": ("bench/e4e/inversions/1.jpg", 1),
        "e4e/inversions/2.jpg": ("bench/e4e/inversions/2.jpg", 1),
    }


def test_a_partial_download_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, official())
    for path in (root / NT / "071_054").iterdir():
        path.unlink()
    (root / TARGET / "000" / "012.png").unlink()
    plant_pictures(root, [f"{TARGET}/003/999.png"], size=8)
    rows = read(root, compression="c23")
    assert len(rows) == 4
    said = capsys.readouterr().err
    assert f"the pictures of 1 of 5 videos are not there: {NT}/071_054" in said
    assert "1 listed pictures of other videos are not there either" in said
    assert f"1 folders hold pictures that the list does not name; they are read too: {TARGET}/003" in said
