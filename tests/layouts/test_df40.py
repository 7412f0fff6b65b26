"""DF40: every form that the authors' archives have, who is in each, the protocols, and what is not so."""

from pathlib import Path
from typing import Any

import pytest
from faces import plant_pictures
from plant import fact, known, run
from pydantic import ValidationError

from unmask.errors import LayoutError
from unmask.index.df40 import METHODS, UNKNOWN_DOMAIN
from unmask.index.params import Corpora

FF_REAL = "FaceForensics++/original_sequences/youtube/c23/frames"
CDF_REAL = "Celeb-DF-v2"
TREE = [
    # Swaps and reenactments.
    *("DF40/simswap/ff/frames/000_003/000.png", "DF40/simswap/ff/frames/000_003/012.png"),
    "DF40/simswap/ff/landmarks/000_003/000.png",
    "DF40/simswap/cdf/frames/id0_id16_0003/000.png",
    "DF40/wav2lip/ff/frames/000_audio_17/000.png",
    "DF40/wav2lip/cdf/frames/00170/000.png",
    "DF40_train/simswap/frames/071_054/000.png",
    # Whole faces.
    *("DF40/StyleGAN2/ff/003/seed0188.png", "DF40/StyleGAN2/ff/003/seed0200.png"),
    "DF40/DiT/cdf/Fake_from_Celeb-real/id0_0003/458.png",
    "DF40/DiT/cdf/Fake_from_Youtube-real/00170/12.png",
    *(f"DF40/pixart/cdf/Celeb-real/7/Celeb-real_id13_0011_{n}.png" for n in ("045", "050")),
    "DF40_train/StyleGAN2/001/seed0001.png",
    # Methods of unknown domain.
    *("DF40/deepfacelab/fake/frames/0003/00.png", "DF40/deepfacelab/real/frames/0003/00.png"),
    *("DF40/heygen/heygen_new/fake/frames/a/1.png", "DF40/heygen/heygen_new/real/b/1.png"),
    *("DF40/stargan/fake/fake/000001.jpg", "DF40/stargan/real/real/000001.jpg"),
    *("DF40/styleclip/styleclip/fake/7.jpg", "DF40/styleclip/styleclip/real/7.jpg"),
    *("DF40/MidJourney/fake/1.png", "DF40/MidJourney/real/1.png"),
    *("DF40/e4e/e4e/ff/071/00001.jpg", "DF40/e4e/cdf/Celeb-real/inversions/00001.jpg"),
    # Reals of the known domains.
    *(f"{FF_REAL}/{n}/000.png" for n in ("000", "003", "071", "999")),
    f"{CDF_REAL}/Celeb-real/frames/id0_0003/000.png",
    f"{CDF_REAL}/YouTube-real/frames/00170/000.png",
]
REALS = [f"{FF_REAL}/{n}" for n in ("000", "003", "071", "999")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return plant_pictures(tmp_path / "raw", TREE, size=8)


def facts(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {path: known(row) for path, row in rows.items()}


def fake(method: str, identities: list[str], domain: str, **words: Any) -> dict[str, Any]:
    attributes = {"domain": domain, "family": METHODS[method]}
    return fact(1, identities, **{"method": method, "split": "test", "kind": "faces", "attributes": attributes} | words)


def real(identity: str, domain: str, split: str | None = "test") -> dict[str, Any]:
    return fact(0, [identity], split=split, kind="faces", attributes={"domain": domain})


FF_FACTS = {
    "DF40/simswap/ff/frames/000_003": fake(
        "simswap", ["faceforensics:000", "faceforensics:003"], "ff", pair=f"df/{FF_REAL}/000"
    ),
    "DF40/wav2lip/ff/frames/000_audio_17": fake("wav2lip", ["faceforensics:000"], "ff", pair=f"df/{FF_REAL}/000"),
    "DF40/StyleGAN2/ff/003": fake("StyleGAN2", ["faceforensics:003"], "ff"),
    "DF40_train/simswap/frames/071_054": fake(
        "simswap",
        ["faceforensics:071", "faceforensics:054"],
        "ff",
        split="train",
        pair=f"df/{FF_REAL}/071",
    ),
    "DF40_train/StyleGAN2/001": fake("StyleGAN2", ["faceforensics:001"], "ff", split="train"),
    f"{FF_REAL}/000": real("faceforensics:000", "ff"),
    f"{FF_REAL}/003": real("faceforensics:003", "ff"),
    f"{FF_REAL}/071": real("faceforensics:071", "ff", "train"),
    f"{FF_REAL}/999": real("faceforensics:999", "ff", None),
}
CDF_FACTS = {
    "DF40/simswap/cdf/frames/id0_id16_0003": fake(
        "simswap", ["celeb_df:id0", "celeb_df:id16"], "cdf", pair=f"df/{CDF_REAL}/Celeb-real/frames/id0_0003"
    ),
    "DF40/wav2lip/cdf/frames/00170": fake(
        "wav2lip", ["celeb_df:youtube-00170"], "cdf", pair=f"df/{CDF_REAL}/YouTube-real/frames/00170"
    ),
    "DF40/DiT/cdf/Fake_from_Celeb-real/id0_0003": fake("DiT", ["celeb_df:id0"], "cdf"),
    "DF40/DiT/cdf/Fake_from_Youtube-real/00170": fake("DiT", ["celeb_df:youtube-00170"], "cdf"),
    "DF40/pixart/cdf/Celeb-real/7": fake("pixart", ["celeb_df:id13"], "cdf"),
    f"{CDF_REAL}/Celeb-real/frames/id0_0003": real("celeb_df:id0", "cdf"),
    f"{CDF_REAL}/YouTube-real/frames/00170": real("celeb_df:youtube-00170", "cdf"),
}
UNKNOWN_FACTS = {
    "DF40/deepfacelab/fake/frames/0003": fake(
        "deepfacelab", ["df40:deepfacelab/0003"], "unknown", pair="df/DF40/deepfacelab/real/frames/0003"
    ),
    "DF40/deepfacelab/real/frames/0003": real("df40:deepfacelab/0003", "unknown"),
    "DF40/heygen/heygen_new/fake/frames/a": fake("heygen", ["df40:heygen/a"], "unknown"),
    "DF40/heygen/heygen_new/real/b": real("df40:heygen/b", "unknown"),
    "DF40/stargan/fake/fake/000001.jpg": fake(
        "stargan", ["df40:stargan/000001"], "unknown", pair="df/DF40/stargan/real/real/000001.jpg"
    ),
    "DF40/stargan/real/real/000001.jpg": real("df40:stargan/000001", "unknown"),
    "DF40/styleclip/styleclip/fake/7.jpg": fake(
        "styleclip", ["df40:styleclip/7"], "unknown", pair="df/DF40/styleclip/styleclip/real/7.jpg"
    ),
    "DF40/styleclip/styleclip/real/7.jpg": real("df40:styleclip/7", "unknown"),
    # Made up from nothing: that a real bears the same number means nothing.
    "DF40/MidJourney/fake/1.png": fake("MidJourney", ["df40:MidJourney/fake/1"], "unknown"),
    "DF40/MidJourney/real/1.png": real("df40:MidJourney/real/1", "unknown"),
    "DF40/e4e/e4e/ff/071": fake("e4e", ["faceforensics:071"], "unknown", split=None),
    "DF40/e4e/cdf/Celeb-real/inversions/00001.jpg": fake("e4e", ["df40:e4e/cdf/00001"], "unknown"),
}


def test_domain_ff(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(root, "df", layout="df40", domain="ff")
    assert facts(rows) == FF_FACTS
    assert rows["DF40/simswap/ff/frames/000_003"]["frames"] == 2
    assert "methods 3 of 31" in capsys.readouterr().err


def test_domain_cdf(root: Path) -> None:
    assert facts(run(root, "df", layout="df40", domain="cdf")) == CDF_FACTS


def test_domain_unknown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(root, "df", layout="df40", domain="unknown")
    assert facts(rows) == UNKNOWN_FACTS
    assert rows["DF40/MidJourney/fake/1.png"]["video"] == "df/DF40/MidJourney/fake/1.png"
    assert rows["DF40/stargan/fake/fake/000001.jpg"]["codec"] == "mjpeg"
    assert "methods 6 of 9" in capsys.readouterr().err


def test_all_domains_are_the_three_together(root: Path) -> None:
    together = FF_FACTS | CDF_FACTS | UNKNOWN_FACTS
    together["DF40/e4e/e4e/ff/071"] = together["DF40/e4e/e4e/ff/071"] | {"pair": f"df/{FF_REAL}/071"}
    assert facts(run(root, "df", layout="df40", domain="all")) == together


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({"domain": "ff", "methods": ["FS"]}, {"simswap"}),
        ({"domain": "ff", "methods": ["FR", "EFS"]}, {"wav2lip", "StyleGAN2"}),
        ({"domain": "cdf", "methods": ["FS"]}, {"simswap"}),
        ({"domain": "cdf", "methods": ["EFS", "wav2lip"]}, {"DiT", "pixart", "wav2lip"}),
        ({"domain": "unknown"}, {"deepfacelab", "heygen", "stargan", "styleclip", "MidJourney", "e4e"}),
        ({"domain": "all", "methods": ["FE"]}, {"stargan", "styleclip", "e4e"}),
    ],
)
def test_protocols_are_choices_of_domain_and_methods(root: Path, options: dict[str, Any], made: set[str]) -> None:
    rows = run(root, "df", layout="df40", **options)
    assert {row["method"] for row in rows.values() if row["label"]} == made
    assert any(row["label"] == 0 for row in rows.values())


def test_there_are_forty_methods() -> None:
    assert len(METHODS) == 40
    assert len(UNKNOWN_DOMAIN) == 9
    assert set(METHODS) > UNKNOWN_DOMAIN


def test_archives_may_lie_elsewhere_and_reals_may_be_missing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "DF40").rename(root / "test")
    (root / "FaceForensics++").rename(root / "reals")
    moved = {"layout": "df40", "domain": "ff", "test": "test", "methods": ["simswap"]}
    assert len(run(root, "df", **moved)) == 2
    assert "FaceForensics++ holds no reals of domain ff" in capsys.readouterr().err
    assert len(run(root, "df", **moved, ff="reals")) == 6


@pytest.mark.parametrize(
    ("rule", "name", "message"),
    [
        ("name", "DF40/newswap/ff/frames/000_003/1.png", r"newswap: not a method of DF40; those are fsgan, faceswap"),
        ("name", "DF40/simswap/ff/frames/abc/1.png", r"frames/abc: neither the folder nor its pictures name anybody"),
        ("name", "DF40/simswap/ff/frames/0001/1.png", r"frames/0001: neither"),
        ("name", "DF40/simswap/ff/frames/000_003/deep/1.png", r"deep: pictures of simswap lie in simswap/<ff or cdf>"),
        ("name", "DF40/simswap/frames/000_003/1.png", r"frames/000_003: pictures of simswap lie in"),
        ("label", "DF40/simswap/ff/real/000_003/1.png", r"000_003: is this real or fake\? simswap has simswap/<ff"),
        ("label", "DF40/stargan/fake/real/1.png", r"fake/real: is this real or fake\? stargan has stargan/<real or"),
    ],
)
def test_what_is_not_so_is_named_or_counted(
    root: Path, rule: str, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plant_pictures(root, [name], size=8)
    with pytest.raises(LayoutError, match=message) as caught:
        run(root, "df", layout="df40", domain="all")
    assert f"tolerate: [{rule}]" in str(caught.value)
    rows = run(root, "df", layout="df40", domain="all", tolerate=[rule])
    assert len(rows) == len(FF_FACTS | CDF_FACTS | UNKNOWN_FACTS)
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["DF40/lia.zip", "DF40/mobileswap/cdf/frames.zip", "DF40_train/lia.zip"])
def test_archives_that_are_not_unpacked_are_named(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).touch()
    with pytest.raises(LayoutError, match=rf"{name}: not unpacked; do `unzip"):
        run(root, "df", layout="df40", domain="all")
    run(root, "df", layout="df40", domain="all", tolerate=["listed"])
    (root / name).with_suffix("").mkdir()
    run(root, "df", layout="df40", domain="all")


def test_nothing_there_and_unknown_methods_are_named(root: Path) -> None:
    with pytest.raises(LayoutError, match=r"DF40 holds no pictures of domain ff by lia; the options `test` and"):
        run(root, "df", layout="df40", domain="ff", methods=["lia"])
    with pytest.raises(ValidationError, match=r"has `FaceSwap`; there are fsgan, .*and the families FS, FR, EFS, FE"):
        Corpora.model_validate({"df": {"layout": "df40", "domain": "ff", "methods": ["FaceSwap"]}})
