"""Report: the page says what the metrics say, in the same bytes, or what is missing."""

from pathlib import Path

import pytest
from report.reporting import RECIPES, Page, write

from unmask.errors import DataError
from unmask.evaluate import results
from unmask.hashing import file_sha256


def test_page_says_what_the_metrics_say(made: Path, page: Page) -> None:
    for recipe in RECIPES:
        for name, corpus in results.read(made / "curves" / recipe).corpora.items():
            for found in (corpus.video.auc, corpus.frame.auc, corpus.video.eer, *(
                method.video.auc for method in corpus.methods.values()
            )):  # fmt: skip
                assert f"{found.value:.3f}" in page.text
                assert f"[{found.low:.3f}, {found.high:.3f}]" in page.text
            for cost in corpus.costs.values():
                assert f"{100 * (cost.fpr or 0):.1f}\N{NO-BREAK SPACE}%" in page.text
            assert name in page.text
        assert file_sha256(made / "runs" / recipe / "model.safetensors") in page.text
    for split in ("train", "val", "test"):
        assert file_sha256(made / "split" / f"{split}.parquet") in page.text


def test_rendered_corpora_are_named_as_such(made: Path, text: str) -> None:
    assert "drawn by code" not in text
    drawn = write(made, made / "page" / "drawn.html", rendered=["seen"])
    assert "<b>seen is drawn by code.</b>" in drawn
    assert "say nothing about real deepfakes" in drawn


def test_same_bytes_twice_and_another_seed_shows_others(made: Path, text: str) -> None:
    assert write(made, made / "page" / "again.html") == text
    assert write(made, made / "page" / "other.html", seed=2) != text


def test_wrong_crop_is_an_error(made: Path) -> None:
    path = next((made / "crops" / "seen").glob("*.tar"))
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:600] + bytes(len(whole) - 600))
        with pytest.raises(DataError, match=r"does not hold the crop of seen/"):
            write(made, made / "page" / "bad.html", samples=40)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(("file", "step"), [("split.json", "split"), ("runs/patch_demo/recipe.yaml", "train"),
                                            ("curves/patch_demo/metrics.json", "evaluate")])  # fmt: skip
def test_missing_file_is_an_error(made: Path, file: str, step: str) -> None:
    kept = (made / file).read_bytes()
    (made / file).unlink()
    try:
        with pytest.raises(DataError, match=f"run the step `{step}`"):
            write(made, made / "page" / "bad.html")
    finally:
        (made / file).write_bytes(kept)
