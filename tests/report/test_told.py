"""The page tells the audit of the split, and what an audit lacks."""

import json
import re
from pathlib import Path

from report.reporting import AUDIT, Page, write

from unmask.report.story import NOTHING


def test_page_tells_the_audit_and_what_it_lacks(page: Page) -> None:
    for words in ("0 identities", "0 equal files", "7 pairs of near-duplicates", "2 sources torn by official lists",
                  "seen/<i> in train and unseen/x in test", "and 6 more", "seen:clip: seen/a in train, seen/b in val",
                  "official lists", "official test list; 16 real videos borrowed from seen",
                  "3 ties to two splits; 9 odd reason", "9 left out: odd reason", "real 93.0",
                  "30 people around seen:ann hang together in 340 videos",
                  "not recorded", "No test video: absent"):  # fmt: skip
        assert words in page.text, words


def test_page_counts_methods_by_split(text: str) -> None:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", text)
    cells = [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row)] for row in rows]
    assert ["seen", "real", "71", NOTHING, "29"] in cells
    assert ["", "swap", "80", NOTHING, "37"] in cells
    assert ["", "&lt;b&gt;", "3", NOTHING, NOTHING] in cells


def test_a_shortcut_is_red_and_names_its_columns(text: str, page: Page) -> None:
    assert "seen has a shortcut. Carried by fps, frames." in re.sub(r"</?b>", "", text)
    assert '<tr class="bad"><th scope="row">seen</th><td>0.963</td><td>0.976</td><td>0.531</td>' in text
    assert "<b>0.971</b>" in text
    assert "<b>0.800</b>" in text
    assert "0.418" in page.text
    assert "unseen has a shortcut" not in page.text
    assert text.count('<tr class="bad">') == 1


def test_clean_and_old_audits_are_told_too(made: Path) -> None:
    clean = AUDIT | {"near": {"bits": 0, "pairs": None, "first": []}, "straddling": {"sources": 0, "first": []}}
    for values, words in ((clean, "near-duplicates: not looked for"), ({}, "near-duplicates: not recorded")):
        (made / "split.json").write_text(json.dumps(values))
        try:
            page = Page(write(made, made / "page" / "other.html")).text
        finally:
            (made / "split.json").write_text(json.dumps(AUDIT))
        assert words in page
        assert "look like copies" not in page
        assert "torn by official lists" not in page
