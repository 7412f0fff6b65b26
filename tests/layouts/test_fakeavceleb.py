"""FakeAVCeleb: the CSV with its unnamed column, real pictures with forged sound, files listed twice."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError

HEADER = "source,target1,target2,method,category,type,race,gender,path,"
RR, RF, FR, FF = "RealVideo-RealAudio", "RealVideo-FakeAudio", "FakeVideo-RealAudio", "FakeVideo-FakeAudio"
CATEGORIES = {RR: "A", RF: "B", FR: "C", FF: "D"}
AFRICAN, EAST = ("African", "men", "id00076"), ("Asian (East)", "women", "id06462")


def line(kind: str, place: tuple[str, str, str], targets: str, method: str, name: str) -> str:
    race, gender, source = place
    folder = f"FakeAVCeleb/{kind}/{race}/{gender}/{source}"
    return f"{source},{targets},{method},{CATEGORIES[kind]},{kind},{race},{gender},{name},{folder}"


# Names of clips and values of target1 and target2 as in the official file: ids, numbers, `-` and names of files.
LINES = [
    line(RR, AFRICAN, "-,-", "real", "00109.mp4"),
    line(RR, EAST, "-,-", "real", "00014.mp4"),
    line(RF, AFRICAN, "fake.mp4,-", "rtvc", "00109_fake.mp4"),
    line(FR, AFRICAN, "3.mp4,-", "fsgan", "00109_3.mp4"),
    line(FR, AFRICAN, "id04727,-", "faceswap", "00109_id04727_AAnyugIAXao.mp4"),
    line(FR, EAST, "id06254,-", "wav2lip", "00014_id06254_wavtolip.mp4"),
    line(FF, AFRICAN, "10,id00476", "fsgan-wav2lip", "00109_10_id00476_wavtolip.mp4"),
    line(FF, AFRICAN, "id03816,id01002", "faceswap-wav2lip", "00109_id03816_XXD0yTNei50_id01002_wavtolip.mp4"),
    line(FF, AFRICAN, "id00391,-", "wav2lip", "00109_id00391_wavtolip.mp4"),
    line(FF, AFRICAN, "id00391,-", "faceswap-wav2lip", "00109_id00391_wavtolip.mp4"),
    # The clip that it was made from is not listed.
    line(FF, EAST, "id00391,-", "wav2lip", "00015_id00391_wavtolip.mp4"),
]


def path_of(row: str, prefix: str = "") -> str:
    *_, name, folder = row.split(",")
    return f"{prefix}{folder.removeprefix('FakeAVCeleb/')}/{name}"


def table(*lines: str, header: str = HEADER) -> str:
    return "\r\n".join((header, *(lines or LINES))) + "\r\n"


def tree(root: Path, prefix: str = "") -> Path:
    # The download has notes beside the real videos.
    notes = {f"{prefix}{RR}/African/men/id00076/00109.txt": "224 224"}
    write(root, {f"{prefix}meta_data.csv": table()} | notes)
    return plant(root, [path_of(row, prefix) for row in LINES])


def read(root: Path, **options: Any) -> dict[str, Row]:
    return {path: known(row) for path, row in run(root, "av", layout="fakeavceleb", **options).items()}


def of(prefix: str = "") -> dict[str, Row]:
    def row(number: int, method: str, *targets: str, pair: str | None = None, **sound: str) -> tuple[str, Row]:
        path = path_of(LINES[number], prefix)
        kind, race, gender, source, name = path.removeprefix(prefix).split("/")
        said = {"race": race, "gender": gender, "category": CATEGORIES[kind], "type": kind} | sound
        people = [f"fakeavceleb:{person}" for person in (source, *targets)]
        key = pair and f"av/{prefix}{RR}/{race}/{gender}/{source}/{pair}"
        words: Row = {"method": method, "pair": key, "attributes": said}
        return path, fact(int(kind.startswith("Fake")), people, sources=[f"{people[0]}/{name[:5]}"], **words)

    return dict([
        row(0, "", audio="real"),
        row(1, "", audio="real"),
        row(2, "", audio="fake", audio_method="rtvc"),
        row(3, "fsgan", pair="00109", audio="real"),
        row(4, "faceswap", "id04727", pair="00109", audio="real"),
        row(5, "wav2lip", "id06254", pair="00014", audio="real"),
        row(6, "fsgan-wav2lip", "id00476", pair="00109", audio="fake"),
        row(7, "faceswap-wav2lip", "id03816", "id01002", pair="00109", audio="fake"),
        row(8, "faceswap-wav2lip+wav2lip", "id00391", pair="00109", audio="fake"),
        row(10, "wav2lip", "id00391", audio="fake"),
    ])  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "FakeAVCeleb/", "FakeAVCeleb_v1.2/", "FakeAVCeleb_v1.2/FakeAVCeleb_v1.2/"])
def test_official_form(tmp_path: Path, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(tree(tmp_path / "raw", prefix)) == of(prefix)
    said = capsys.readouterr().err
    assert "lists 1 videos with two methods, which are read as both: " in said
    assert f"{RR} 2 of 500; {RF} 1 of 500; {FR} 3 of 9,709; {FF} 4 of 10,835." in said


def test_list_beside_the_folder_and_mark_of_byte_order(tmp_path: Path) -> None:
    root = tree(tmp_path / "raw", "FakeAVCeleb/")
    (root / "FakeAVCeleb" / "meta_data.csv").unlink()
    write(root, {"meta_data.csv": "\ufeff" + table()})
    assert read(root) == of("FakeAVCeleb/")


GOOD = LINES[4]


@pytest.mark.parametrize(
    ("row", "rule", "message"),
    [
        (GOOD.replace("faceswap", "other"), "row", "the method a known one; this says FakeVideo-RealAudio, id00076, o"),
        (GOOD.replace("id00076,id", "id76,id"), "row", "the source an id such as id00076"),
        (GOOD.replace(f",C,{FR}", ",C,FakeVideo"), "row", "the type should be RealVideo-RealAudio, "),
        (GOOD.replace(",African,", ",Asian (East),"), "row", f"the columns say {FR}/Asian .East./men/id00076, but the"),
        (GOOD.replace("men/id00076", "men/id00078"), "row", f"but the folder is {FR}/African/men/id00078"),
        (GOOD.replace(",C,", ",D,"), "label", f"type {FR}, category D, method faceswap and .* contradict"),
        (GOOD.replace(f"C,{FR}", f"A,{RR}"), "name", "should be named <5 digits>.mp4"),
        (GOOD.replace(f"C,{FR}", f"D,{FF}"), "label", "contradict"),
        (GOOD.replace("faceswap", "real"), "label", "contradict"),
        (
            GOOD.replace("00109_id", "109_id"),
            "name",
            r"`109_id04727_AAnyugIAXao\.mp4` should be named <5 digits>_<...>",
        ),
        (GOOD.replace("FakeAVCeleb/", "/FakeAVCeleb/"), "path", "must lie below the root"),
        (GOOD.replace("FakeAVCeleb/", "../FakeAVCeleb/"), "path", "must lie below the root"),
        (GOOD.replace(",-,", ","), "row", "9 cells, but there are 10 columns"),
        (GOOD + ",", "row", "11 cells, but there are 10 columns"),
    ],
)
def test_rows_out_of_form(tmp_path: Path, row: str, rule: str, message: str) -> None:
    root = tree(tmp_path / "raw")
    write(root, {"meta_data.csv": table(*LINES[:4], row, *LINES[5:])})
    with pytest.raises(LayoutError, match=r"meta_data\.csv(, line 6)?: .*|does not list") as error:
        read(root, tolerate=["listed"])
    assert error.match(message)
    assert read(root, tolerate=["listed", rule]).keys() == of().keys() - {path_of(GOOD)}


def test_rows_that_are_there_twice(tmp_path: Path) -> None:
    root = tree(tmp_path / "raw")
    write(root, {"meta_data.csv": table(*LINES, GOOD)})
    with pytest.raises(LayoutError, match=r"line 13: FakeVideo.*mp4 is listed with the same method in .*line 6"):
        read(root)
    assert read(root, tolerate=["duplicate"]) == of()


@pytest.mark.parametrize(
    ("header", "tolerated", "message"),
    [
        (HEADER.removesuffix(","), False, "line 1: there is no column without a name; its columns should be `source`"),
        (HEADER.replace("method", "how"), False, "line 1: there is no column `method`"),
        (HEADER + "more", True, "line 1: the column `more` should not be there"),
        (HEADER + ",,", False, "more than one column ``"),
    ],
)
def test_columns_out_of_form(tmp_path: Path, header: str, tolerated: bool, message: str) -> None:
    root = tree(tmp_path / "raw")
    extra = "," * (header.count(",") - HEADER.count(","))
    if header.endswith("more"):
        header, extra = HEADER + ",more", ","
    write(root, {"meta_data.csv": table(*(row + extra for row in LINES), header=header)})
    with pytest.raises(LayoutError, match=message):
        read(root)
    if tolerated:
        assert read(root, tolerate=["row"]) == of()


def test_list_and_folders_that_disagree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "raw")
    write(root, {"meta_data.csv": table(*LINES[:4], *LINES[5:])})
    with pytest.raises(LayoutError, match=r"AAnyugIAXao\.mp4: .*meta_data\.csv does not list this video"):
        read(root)
    assert read(root, tolerate=["listed"]).keys() == of().keys() - {path_of(GOOD)}
    (root / path_of(GOOD)).unlink()
    write(root, {"meta_data.csv": table()})
    assert read(root).keys() == of().keys() - {path_of(GOOD)}
    assert f"lists 1 videos that are not there: {path_of(GOOD)}" in capsys.readouterr().err
    (root / "meta_data.csv").unlink()
    with pytest.raises(LayoutError, match=r"meta_data\.csv is missing; the data set comes with it"):
        read(root)


def test_nothing_there(tmp_path: Path) -> None:
    root = write(tmp_path / "raw", {"meta_data.csv": table()})
    with pytest.raises(LayoutError, match=r"holds none of the videos that meta_data\.csv lists"):
        read(root)
