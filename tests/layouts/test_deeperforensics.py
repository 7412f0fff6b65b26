"""DeeperForensics-1.0: fakes whose reals are another corpus, its lists of splits, variants and distortions."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError
from unmask.index.params import Corpora

VARIANTS = ["end_to_end", "end_to_end_level_3", "end_to_end_random_level", "end_to_end_mix_2_distortions",
            "reenact_postprocess"]  # fmt: skip
NAMES = ["000_M101.mp4", "001_W006.mp4", "002_M101.mp4"]
DISTORTIONS = {
    "end_to_end_level_3": ["JPEG:3", "CS:3", "VC:3"],
    "end_to_end_random_level": ["GB:5", "BW:1", "GNC:2"],
    "end_to_end_mix_2_distortions": ["CC:1 GB:4", "JPEG:2 JPEG:2", "VC:5 CS:1"],
}
PEOPLE = {"000_M101.mp4": ("000", "M101"), "001_W006.mp4": ("001", "W006"), "002_M101.mp4": ("002", "M101")}
SPLITS = {"000_M101.mp4": "train", "001_W006.mp4": "val", "002_M101.mp4": "test"}
TARGETS = "original_sequences/youtube/c23/videos"
META = "lists/manipulated_videos_distortions_meta/manipulated_videos_{}_meta.txt"
LIST = "lists/manipulated_videos_lists/manipulated_videos_{}_list.txt"


def video(variant: str, name: str) -> str:
    return f"manipulated_videos/{variant}/{name}"


def tree(root: Path, prefix: str = "") -> Path:
    lists = {f"lists/splits/{split}.txt": f"{name}\n" for name, split in SPLITS.items()}
    for variant in VARIANTS:
        paths = [video(variant, name) for name in NAMES]
        lists[LIST.format(variant)] = "\n".join(paths) + "\n"
        if variant in DISTORTIONS:
            pairs = zip(paths, DISTORTIONS[variant], strict=True)
            lists[META.format(variant)] = "".join(f"{path} {what}\n" for path, what in pairs)
    videos = [video(variant, name) for variant in VARIANTS for name in NAMES]
    odd = ["source_videos/M101/light_down/angry/camera_front/M101_light_down_angry_camera_front.mp4"]
    write(root, {prefix + name: text for name, text in lists.items()})
    return plant(root, [prefix + name for name in [*videos, *odd]])


def read(root: Path, variants: list[str] = VARIANTS, **options: Any) -> dict[str, Row]:
    asked = {"layout": "deeperforensics", "variants": variants, "faceforensics": "ff"} | options
    return {path: known(row) for path, row in run(root, "deeper", **asked).items()}


def of(variant: str, prefix: str = "") -> dict[str, Row]:
    rows = {}
    for number, name in enumerate(NAMES):
        target, actor = PEOPLE[name]
        attributes = {"gender": "men" if actor[0] == "M" else "women"}
        if variant in DISTORTIONS:
            pairs = [word.split(":") for word in DISTORTIONS[variant][number].split()]
            attributes |= {"distortion": "+".join(kind for kind, _ in pairs)}
            attributes |= {"distortion_level": "+".join(level for _, level in pairs)}
        rows[prefix + video(variant, name)] = fact(
            1, [f"faceforensics:{target}", f"deeperforensics:{actor}"], cluster=f"faceforensics:{target}",
            method=variant, compression="c23", pair=f"ff/{TARGETS}/{target}", split=SPLITS[name],
            attributes=attributes,
        )  # fmt: skip
    return rows


@pytest.mark.parametrize("prefix", ["", "DeeperForensics-1.0/"])
def test_official_form(tmp_path: Path, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    plant(tmp_path / "ff", [f"{TARGETS}/{number}.mp4" for number in ("000", "001")])
    rows = read(tree(tmp_path / "deeper", prefix))
    assert rows == {path: row for variant in VARIANTS for path, row in of(variant, prefix).items()}
    mixed = rows[prefix + video("end_to_end_mix_2_distortions", NAMES[0])]["attributes"]
    assert (mixed["distortion"], mixed["distortion_level"]) == ("CC+GB", "1+4")
    said = capsys.readouterr().err
    assert f"ff/{TARGETS} lacks 1 of 3 real videos of this corpus: 002." in said
    assert "end_to_end 3 of 1,000;" in said
    assert "train.txt 1 of 703; val.txt 1 of 96; test.txt 1 of 201." in said


def test_only_the_chosen_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "deeper")
    assert read(root, ["end_to_end"]) == of("end_to_end")
    assert "ff is missing: it should hold the 3 real videos of this corpus" in capsys.readouterr().err
    with pytest.raises(LayoutError, match=r"level_5 is missing, but `variants` names it; there is end_to_end, end_to"):
        read(root, ["end_to_end_level_5"])


def test_targets_have_the_sources_of_faceforensics(tmp_path: Path) -> None:
    root = plant(tmp_path / "deeper", [video("end_to_end", "605_M101.mp4")])
    assert read(root, ["end_to_end"])[video("end_to_end", "605_M101.mp4")]["sources"] == ["youtube:nUNnFudF2pA"]


def test_lists_may_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path / "deeper", [video("end_to_end_level_3", NAMES[0])])
    row = read(root, ["end_to_end_level_3"])[video("end_to_end_level_3", NAMES[0])]
    assert (row["split"], row["attributes"]) == (None, {"gender": "men"})
    said = capsys.readouterr().err
    assert "lists/splits is missing: without the official train.txt, val.txt and test.txt, identities are dealt" in said
    assert "level_3_meta.txt is missing: which distortions" in said
    write(root, {"lists/splits/train.txt": ""})
    with pytest.raises(LayoutError, match=r"splits/val\.txt is missing; the official splits are"):
        read(root, ["end_to_end_level_3"])


SPLIT = "lists/splits/val.txt"
META_3, META_2 = META.format("end_to_end_level_3"), META.format("end_to_end_mix_2_distortions")
LIST_3 = LIST.format("end_to_end_level_3")


@pytest.mark.parametrize(
    ("file", "line", "rule", "message"),
    [
        (SPLIT, "000_M101.mp4", "duplicate", r"val\.txt, line 2: 000_M101\.mp4 stands in train\.txt already"),
        (SPLIT, "000_101.mp4", "row", r"val\.txt, line 2: `000_101\.mp4` should be a video <target>_<actor>\.mp4"),
        (SPLIT, "000_M101.mp4 x", "row", "line 2: there should be nothing after the name"),
        (SPLIT, "../000_M101.mp4", "path", "line 2: the path .* must lie below the root"),
        (META_3, "000_M101.mp4 CS:3", "duplicate", r"meta\.txt, line 4: 000_M101\.mp4 stands there twice"),
        (META_3, "003_M101.mp4 CS:2", "row", "line 4: `CS:2` should be the distortions of end_to_end_level_3"),
        (META_3, "003_M101.mp4 CS:3 CC:3", "row", "line 4: `CS:3 CC:3` should be"),
        (META_3, "003_M101.mp4 XX:3", "row", "line 4: `XX:3` should be .* each <CS, CC"),
        (META_3, "003_M101.mp4", "row", "line 4: `` should be"),
        (META_3, "end_to_end_level_2/003_M101.mp4 CS:3", "row", "should be a video .* in a folder end_to_end_level_3"),
        (META_3, "/data/end_to_end_level_3/003_M101.mp4 CS:3", "path", "must lie below the root"),
        (META_2, "003_M101.mp4 CS:3", "row", "line 4: `CS:3` should be the distortions of end_to_end_mix_2"),
        (LIST_3, "000_M101.mp4", "duplicate", r"list\.txt, line 4: 000_M101\.mp4 stands there twice"),
        (LIST_3, "003_M101.mp4 CS:3", "row", "line 4: there should be nothing after the path"),
    ],
)
def test_lists_out_of_form(tmp_path: Path, file: str, line: str, rule: str, message: str) -> None:
    root = tree(tmp_path / "deeper")
    with (root / file).open("a") as text:
        text.write(f"{line}\n")
    with pytest.raises(LayoutError, match=message):
        read(root)
    assert read(root, tolerate=[rule]) == {path: row for variant in VARIANTS for path, row in of(variant).items()}


def test_videos_out_of_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tree(tmp_path / "deeper"), [video("end_to_end", "0_M101.mp4")])
    with pytest.raises(LayoutError, match=r"0_M101\.mp4: videos in .* are named <id of FaceForensics\+\+>_<actor>"):
        read(root)
    assert read(root, ["end_to_end"], tolerate=["name"]) == of("end_to_end")
    (root / video("end_to_end", "0_M101.mp4")).rename(root / video("end_to_end", "004_M101.mp4"))
    with pytest.raises(LayoutError, match=r"004_M101\.mp4: .*end_to_end_list\.txt does not list this video"):
        read(root)
    assert read(root, ["end_to_end"], tolerate=["listed"]) == of("end_to_end")
    (root / video("end_to_end", "000_M101.mp4")).unlink()
    assert len(read(root, ["end_to_end"], tolerate=["listed"])) == 2
    assert "end_to_end_list.txt lists 1 videos that are not there" in capsys.readouterr().err


def test_a_list_that_is_no_text(tmp_path: Path) -> None:
    root = tree(tmp_path / "deeper")
    (root / SPLIT).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LayoutError, match=r"val\.txt is not text"):
        read(root)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variants": []}, "at least 1 item"),
        ({"variants": ["end_to_end", "end_to_end"]}, "must name each variant once"),
        ({"variants": ["other"]}, "end_to_end_level_1"),
        ({"variants": ["end_to_end"], "faceforensics": "../ff"}, "pattern"),
        ({"faceforensics": "ff"}, "Field required"),
    ],
)
def test_options(options: Row, message: str) -> None:
    asked = {"layout": "deeperforensics", "faceforensics": "ff"} | options
    with pytest.raises(ValueError, match=message):
        Corpora.model_validate({"deeper": asked})


@pytest.mark.parametrize("lender", [{"layout": "faceforensics", "compression": "c40"}, {"layout": "folder"}])
def test_reals_must_be_the_videos_that_were_forged(lender: Row) -> None:
    own = {"layout": "deeperforensics", "variants": ["end_to_end"], "faceforensics": "ff"}
    with pytest.raises(ValueError, match=r"must name a corpus with `layout: faceforensics, compression: c23`"):
        Corpora.model_validate({"ff": lender, "deeper": own})
    Corpora.model_validate({"ff": {"layout": "faceforensics", "compression": "c23"}, "deeper": own})
