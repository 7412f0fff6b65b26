"""FaceForensics++: the official form with its lists, and everything that is not in that form is named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError
from unmask.index.youtube import CUT_TWICE, KNOWN

REALS = "original_sequences/youtube/c23/videos"
FAKES = "manipulated_sequences/{}/c23/videos"
METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures", "FaceShifter")
REAL = [f"{REALS}/{n}.mp4" for n in ("000", "003", "071", "054", "999", "605", "606")]
FAKE = [
    *(f"{FAKES.format(method)}/000_003.mp4" for method in METHODS),
    f"{FAKES.format('Deepfakes')}/003_000.mp4",
    f"{FAKES.format('FaceSwap')}/071_054.mp4",
    f"{FAKES.format('FaceSwap')}/071_000.mp4",
    f"{FAKES.format('FaceShifter')}/605_591.mp4",
]
OTHER = [
    "manipulated_sequences/Deepfakes/c40/videos/000_003.mp4",
    "manipulated_sequences/Deepfakes/masks/videos/000_003.mp4",
    "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__walking__ABCDEFGH.mp4",
    "original_sequences/youtube/c40/videos/000.mp4",
    "original_sequences/youtube/raw/videos/003.mp4",
    "original_sequences/actors/c23/videos/01__walking.mp4",
]
# The form of the list in the data set's repository.
CONVERSION = {"000": "--b1Ua-kWJE 0", "003": "-9Gg5zdX7nU 0", "605": "nUNnFudF2pA 0", "606": "nUNnFudF2pA 1"}

# The official lists for validation and test (dataset/splits of the repository): all other ids train.
VAL = """
720 672 939 115 284 263 402 453 820 818 762 832 834 852 922 898 104 126 106 198 159 175 416 342 857 909 599 585 443
514 566 617 472 511 325 492 816 649 583 558 933 925 419 824 465 482 565 589 261 254 992 980 157 245 571 746 947 951
926 900 493 538 468 470 915 895 362 354 440 364 640 638 827 817 793 768 837 890 004 982 192 134 745 777 299 145 742
775 586 223 483 370 779 794 971 564 273 807 991 064 664 668 823 584 656 666 557 560 471 455 042 084 979 875 316 369
091 116 023 923 702 612 904 046 647 622 958 956 606 567 632 548 927 912 350 349 595 597 727 729
"""
TEST = """
953 974 012 026 078 955 623 630 919 015 367 371 847 906 529 633 418 507 227 169 389 480 821 812 670 661 158 379 423
421 352 319 579 701 488 399 695 422 288 321 705 707 306 278 865 739 995 233 755 759 467 462 314 347 741 731 970 973
634 660 494 445 706 479 186 170 176 190 380 358 214 255 454 527 425 485 388 308 384 932 035 036 257 420 924 917 114
102 732 691 550 452 280 249 842 714 625 650 024 073 044 945 896 128 862 047 607 683 517 521 682 669 138 142 552 851
376 381 000 003 048 029 724 725 608 675 386 154 220 219 801 855 161 141 949 868 880 135 429 404
"""


def tree(root: Path, names: list[str] | None = None, conversion: object = None, **lists: Any) -> Path:
    given = {"train": [["071", "054"]], "val": [["953", "974"]], "test": [["000", "003"]]} | lists
    write(root / "raw", {f"splits/{split}.json": pairs for split, pairs in given.items()})
    if conversion is not None:
        write(root / "raw", {"dataset/FaceForensics_conversion_dict.json": conversion})
    return plant(root / "raw", [*REAL, *FAKE, *OTHER] if names is None else names)


def read(root: Path, compression: str = "c23", **options: Any) -> dict[str, Row]:
    return run(root, "ff", layout="faceforensics", compression=compression, **options)


def real(number: str, split: str | None, **words: Any) -> Row:
    return fact(0, [f"faceforensics:{number}"], compression="c23", split=split, **words)


def fake(method: str, target: str, source: str, split: str | None, **words: Any) -> Row:
    people = [f"faceforensics:{target}", f"faceforensics:{source}"]
    return fact(1, people, method=method, compression="c23", pair=f"ff/{REALS}/{target}", split=split, **words)


def expected(sources: Mapping[str, list[str]]) -> dict[str, Row]:
    """Give what should be known of every file, with the sources of some ids."""

    def of(*numbers: str) -> dict[str, list[str]]:
        return {"sources": sorted({source for number in numbers for source in sources.get(number, [])})}

    splits = {"000": "test", "003": "test", "071": "train", "054": "train"}
    facts = {f"{REALS}/{n}.mp4": real(n, splits.get(n), **of(n)) for n in ("000", "003", "071", "054", "999")}
    facts |= {f"{REALS}/{n}.mp4": real(n, None, **of(n)) for n in ("605", "606")}
    for method in METHODS:
        facts[f"{FAKES.format(method)}/000_003.mp4"] = fake(method, "000", "003", "test", **of("000", "003"))
    return facts | {
        f"{FAKES.format('Deepfakes')}/003_000.mp4": fake("Deepfakes", "003", "000", "test", **of("000", "003")),
        f"{FAKES.format('FaceSwap')}/071_054.mp4": fake("FaceSwap", "071", "054", "train"),
        # Not an official pair: its two people belong to different splits.
        f"{FAKES.format('FaceSwap')}/071_000.mp4": fake("FaceSwap", "071", "000", None, **of("000")),
        f"{FAKES.format('FaceShifter')}/605_591.mp4": fake("FaceShifter", "605", "591", None, **of("605")),
    }


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(tree(tmp_path))
    shared = ["youtube:nUNnFudF2pA"]
    assert {path: known(row) for path, row in rows.items()} == expected({"605": shared, "606": shared})
    assert rows[f"{FAKES.format('Face2Face')}/000_003.mp4"]["video"] == f"ff/{FAKES.format('Face2Face')}/000_003"
    said = capsys.readouterr().err
    assert "lists 2 ids without a video: 953, 974" in said
    assert "youtube 7 of 1,000; Deepfakes 2 of 1,000; Face2Face 1 of 1,000; FaceSwap 3 of 1,000" in said
    assert "pairs in train.json 1 of 360; pairs in val.json 1 of 70; pairs in test.json 1 of 70." in said
    assert said.count("DeepFakeDetection is here too; read it with `layout: dfd`") == 1


def test_lists_may_lie_in_the_folder_of_the_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path)
    (root / "dataset").mkdir()
    (root / "splits").rename(root / "dataset" / "splits")
    assert read(root)[f"{REALS}/071.mp4"]["split"] == "train"
    assert "dataset/splits lists 2 ids without a video" in capsys.readouterr().err


def test_conversion_list_names_every_source(tmp_path: Path) -> None:
    rows = read(tree(tmp_path, conversion=CONVERSION))
    sources = {number: [f"youtube:{cut.split()[0]}"] for number, cut in CONVERSION.items()}
    assert {path: known(row) for path, row in rows.items()} == expected(sources)


@pytest.mark.parametrize("place", ["conversion_dict.json", "dataset/conversion_dict.json"])
def test_conversion_list_may_lie_elsewhere(tmp_path: Path, place: str) -> None:
    rows = read(write(tree(tmp_path), {place: CONVERSION}))
    assert rows[f"{REALS}/000.mp4"]["sources"] == ["youtube:--b1Ua-kWJE"]


def test_seven_sources_straddle_the_official_splits() -> None:
    """1,000 sequences of 977 videos; the seven are those that FaceForensics++'s own lists take apart."""
    assert 1000 - len(KNOWN) + len(CUT_TWICE) == 977
    assert (len(set(VAL.split())), len(set(TEST.split())), set(VAL.split()) & set(TEST.split())) == (140, 140, set())
    split_of = dict.fromkeys(VAL.split(), "val") | dict.fromkeys(TEST.split(), "test")
    apart = [n for n in CUT_TWICE.values() if len({split_of.get(number, "train") for number in n}) > 1]
    assert tuple(numbers[0] for numbers in apart) == ("605", "639", "755", "837", "875", "954", "982")


def test_sequences_of_one_video_share_a_source_across_the_official_lists(tmp_path: Path) -> None:
    pairs = {
        name: [list(pair) for pair in zip(ids[::2], ids[1::2], strict=True)]
        for name, ids in (("val", VAL.split()), ("test", TEST.split()))
    }
    names = [f"{REALS}/{n}.mp4" for n in ("954", "955")] + [f"{FAKES.format('Deepfakes')}/078_955.mp4"]
    rows = read(tree(tmp_path, names, train=[["954", "976"]], **pairs))
    assert [(row["split"], row["sources"]) for row in rows.values()] == [
        ("test", ["youtube:yvf0HOswcPk"]),
        ("train", ["youtube:yvf0HOswcPk"]),
        ("test", ["youtube:yvf0HOswcPk"]),
    ]


@pytest.mark.parametrize(("compression", "number"), [("c40", 2), ("raw", 1)])
def test_compression_is_chosen(tmp_path: Path, compression: str, number: int) -> None:
    rows = read(tree(tmp_path), compression)
    assert {row["compression"] for row in rows.values()} == {compression}
    assert len(rows) == number


def test_without_lists_there_are_no_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(plant(tmp_path / "raw", [*REAL, *FAKE]))
    assert {row["split"] for row in rows.values()} == {None}
    said = capsys.readouterr().err
    assert "splits is missing" in said
    assert "pairs in" not in said


def test_missing_compression_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"no videos of compression raw.*found: c23, c40"):
        read(tree(tmp_path, [REAL[0], OTHER[0]]), "raw")


BAD_NAMES = [
    (f"{REALS}/0001.mp4", r"0001\.mp4: videos in .*youtube/c23/videos are named <NNN>\.mp4"),
    (f"{REALS}/001.avi", r"001\.avi: videos in"),
    (f"{REALS}/more/001.mp4", r"more/001\.mp4: videos in"),
    (f"{REALS}/000_003.mp4", r"000_003\.mp4: videos in"),
    (f"{FAKES.format('FaceSwap')}/001.mp4", r"named <target>_<source>\.mp4, two different ids"),
    (f"{FAKES.format('FaceSwap')}/001_001.mp4", "two different ids"),
    (f"{FAKES.format('MyMethod')}/000_003.mp4", "MyMethod: this is not a method of FaceForensics"),
]


@pytest.mark.parametrize(("name", "message"), BAD_NAMES)
def test_names_out_of_form(tmp_path: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, [*REAL, *FAKE, name])
    with pytest.raises(LayoutError, match=message):
        read(root)
    assert name not in read(root, tolerate=["name"])
    assert "1 left out by `tolerate: [name]`" in capsys.readouterr().err


BAD_LISTS: list[tuple[str, Any, str, str]] = [
    ("test", [["000", "003"], ["003", "071"]], "duplicate", r"test\.json, entry 2: the id 003 stands in test\.json"),
    ("test", [["071", "000"]], "duplicate", r"test\.json, entry 1: the id 071 stands in train\.json already"),
    ("val", [["953", "953"]], "duplicate", r"val\.json, entry 1: the id 953 stands there twice"),
    ("test", [["000", "3"]], "row", r'test\.json, entry 1: \["000", "3"\] should be a pair of ids'),
    ("test", [["000", "003", "071"]], "row", "should be a pair of ids"),
    ("test", ["000"], "row", "should be a pair of ids"),
]


@pytest.mark.parametrize(("split", "pairs", "rule", "message"), BAD_LISTS)
def test_lists_out_of_form(
    tmp_path: Path, split: str, pairs: Any, rule: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tree(tmp_path, **{split: pairs})
    with pytest.raises(LayoutError, match=message):
        read(root)
    assert len(read(root, tolerate=[rule])) == len(REAL + FAKE)
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[["000",\n "003"', r"test\.json, line 2, column 7: this is not whole JSON"),
        ("", r"test\.json, line 1, column 1: this is not whole JSON"),
        ('{"000": "003"}', r"test\.json should be a list of pairs"),
        (f"[{'1' * 5000}]", r"test\.json is not a metadata file that can be read: Exceeds the limit"),
        ("[" * 100_000, r"test\.json is nested too deeply"),
    ],
)
def test_lists_that_are_no_lists(tmp_path: Path, text: str, message: str) -> None:
    root = tree(tmp_path, test=text)
    with pytest.raises(LayoutError, match=message):
        read(root, tolerate=["row", "duplicate", "name"])


def test_missing_or_unreadable_list(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "splits" / "test.json").write_bytes(b'[["\xff"]]')
    with pytest.raises(LayoutError, match=r"test\.json is not text in UTF-8"):
        read(root)
    (root / "splits" / "test.json").unlink()
    with pytest.raises(LayoutError, match=r"test\.json is missing; the official splits are train\.json"):
        read(root)


@pytest.mark.parametrize(
    ("conversion", "rule", "message"),
    [
        ({"605": "nUNnFudF2pA"}, "row", r"key `605`: `nUNnFudF2pA` of `605` should be as in"),
        ({"5": "nUNnFudF2pA 0"}, "row", "key `5`:"),
        ({"605": ["nUNnFudF2pA", 0]}, "row", "key `605`:"),
        ({"605": "--b1Ua-kWJE 0"}, "row", "key `605`: the sequence comes from nUNnFudF2pA, not from --b1Ua-kWJE"),
        ('{"000": "--b1Ua-kWJE 0", "000": "-9Gg5zdX7nU 0"}', "duplicate", "key `000`: the key stands there twice"),
    ],
)
def test_conversion_list_out_of_form(tmp_path: Path, conversion: object, rule: str, message: str) -> None:
    root = tree(tmp_path, conversion=conversion)
    with pytest.raises(LayoutError, match=message):
        read(root)
    rows = read(root, tolerate=[rule])
    assert rows[f"{REALS}/605.mp4"]["sources"] == ["youtube:nUNnFudF2pA"]
    assert rows[f"{REALS}/000.mp4"]["sources"] == (["youtube:--b1Ua-kWJE"] if rule == "duplicate" else [])


def test_conversion_list_must_be_one_object(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"conversion_dict\.json: this should be one object"):
        read(tree(tmp_path, conversion=[["000", "--b1Ua-kWJE 0"]]))
