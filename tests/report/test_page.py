"""The page is one valid file that loads nothing, can be heard, and follows light and dark."""

import base64
import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from report.reporting import Page, write


def test_page_is_one_file_that_loads_nothing(text: str, page: Page) -> None:
    assert "http" not in text
    assert "url(" not in text.replace("url(#", "")
    assert not page.all("script")
    places = [tag.get("href") or tag.get("xlink:href") or tag.get("src") for _, tag in page.tags]
    assert {place.split(",")[0] if place.startswith("data:") else place[0] for place in places if place} == {
        "#", "data:", "data:image/jpeg;base64",
    }  # fmt: skip


def test_ids_are_unique_and_references_arrive(text: str, page: Page) -> None:
    ids = Counter(tag["id"] for _, tag in page.tags if "id" in tag)
    assert {name for name, count in ids.items() if count > 1} == set()
    wanted = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    assert wanted - set(ids) == set()


def test_page_can_be_heard(page: Page) -> None:
    assert all(tag["alt"] for tag in page.all("img"))
    # The small lines of legends are said by the text beside them.
    assert all(tag.get("aria-label") or tag.get("aria-hidden") for tag in page.all("svg"))
    assert all("scope" in tag for tag in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"


def test_page_has_every_picture(page: Page) -> None:
    # Two corpora with reals and two methods, four crops each.
    faces = [tag for tag in page.all("img") if tag["alt"].startswith("Face")]
    assert len(faces) == 2 * 3 * 4
    for tag in faces:
        data = np.frombuffer(base64.b64decode(tag["src"].split(",")[1]), np.uint8)
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert pixels is not None
        assert pixels.shape == (128, 128, 3)
    labels = [tag["aria-label"] for tag in page.all("svg") if "aria-label" in tag]
    assert len(labels) == 2 + 4 + 2  # ROC, histograms, learning curves


def test_foreign_text_is_escaped(text: str) -> None:
    assert "seen/<b>" not in text
    assert "seen/&lt;b&gt;" in text
    assert "# &lt;b&gt;&amp;" in text


def test_no_samples_no_pictures(made: Path) -> None:
    assert not Page(write(made, made / "page" / "none.html", samples=0)).all("img")


def test_charts_follow_light_and_dark(text: str) -> None:
    charts = re.findall(r"<svg[^>]*role=.*?</svg>", text, flags=re.DOTALL)
    assert charts
    for chart in charts:
        assert not re.findall(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]", chart)
        assert "font-family" not in chart
        assert "DejaVu" not in chart
