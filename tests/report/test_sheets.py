"""Contact sheets in the report: one for every policy, as a file and in the page."""

import base64
from pathlib import Path

import numpy as np
import pytest
from report.reporting import Page, write

from unmask.crop.reading import decode
from unmask.errors import ParamsError


def test_every_policy_has_its_file_and_equal_ones_stand_in_the_page_once(made: Path, page: Page) -> None:
    files = sorted(
        str(path.relative_to(made / "page" / "report")) for path in (made / "page" / "report").rglob("*.png")
    )
    assert files == ["mobile_demo/strong.png", "patch_demo/strong.png", "patch_demo/weak.png"]
    shown = [image for image in page.all("img") if "Contact sheet" in image["alt"]]
    assert [image["alt"].rpartition(" ")[2] for image in shown] == ["strong", "weak"]
    assert "strong mobile_demo, patch_demo" in " ".join(page.text.split())
    for image, file in zip(shown, files[1:], strict=True):
        data = base64.b64decode(image["src"].partition(",")[2])
        drawn, kept = decode(data), decode((made / "page" / "report" / file).read_bytes())
        assert drawn.shape == kept.shape == (int(image["height"]), int(image["width"]), 3)
        # The crops are pure noise, of which JPEG leaves little.
        assert np.abs(drawn.astype(int) - kept).mean() < 20 < np.abs(kept.astype(int) - kept[::-1]).mean()


def test_policies_that_nobody_knows_are_an_error(made: Path) -> None:
    path = made / "runs" / "patch_demo" / "recipe.yaml"
    kept = path.read_text()
    try:
        path.write_text(kept.replace("gamma: {", "gama: {"))
        with pytest.raises(ParamsError, match=r"recipe\.yaml, line 3: `augment\.policies\.strong\.gama`: unknown"):
            write(made, made / "page" / "bad.html")
    finally:
        path.write_text(kept)
