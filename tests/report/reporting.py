"""The step `report` on two recipes, the audit that it tells, and its page taken apart."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pydantic import RootModel

from unmask.report.params import Params
from unmask.report.step import report

RECIPES = ["mobile_demo", "patch_demo"]
VOID = {"meta", "link", "img", "br", "line", "input", "hr", "path", "use", "circle", "rect"}
COLUMNS = {"width": 0.5, "height": 0.5, "fps": 0.9712, "frames": 0.8, "seconds": 0.5, "bit_rate": 0.6, "codec": 0.5,
           "score": 0.5, "eye_distance": 0.5, "face_size": 0.5, "roll": 0.5, "yaw": 0.5,
           "sharpness": 0.4177}  # fmt: skip
AUDIT = {
    "overlap": {"identities": 0, "pairs": 0, "bytes": 0},
    "near": {"bits": 40, "pairs": 7, "first": ["seen/<i> in train and unseen/x in test: 8 of 8 crops alike"]},
    "straddling": {"sources": 2, "first": ["seen:clip: seen/a in train, seen/b in val", "seen:other: ..."]},
    "left_out": {"straddling": {"videos": 3, "first": ["seen/<b>"]}, "odd_reason": {"videos": 9, "first": []}},
    "dealing": {"cut": {"seen:ann": {"identities": 30, "videos": 340, "lost": 12}}},
    "probe": {"seen": {"all": 0.9634, "file": 0.9755, "face": 0.5312, "columns": COLUMNS, "warns": True,
                       "carried_by": ["fps", "frames"]},
              "unseen": {"all": None, "file": None, "face": None, "columns": dict.fromkeys(COLUMNS), "warns": False,
                         "carried_by": []}},
    "corpora": {"unseen": {"rule": "test_list", "borrowed": {"seen": 16}},
                "seen": {"rule": "official", "left_out": {"straddling": 3, "odd_reason": 9},
                         "coverage": {"real": {"videos": 100, "no_face": 7}, "fake": {"videos": 200, "no_face": 0}},
                         "splits": {"train": {"real": 71, "fake": 83, "methods": {"swap": 80, "<b>": 3}},
                                    "test": {"real": 29, "fake": 37, "methods": {"swap": 37}}}}},
}  # fmt: skip


class Page(HTMLParser):
    """Collects what the tests look at, and insists that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID or self.open[-1:] == [tag]:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def write(root: Path, out: Path, rendered: list[str] | None = None, **other: Any) -> str:
    given = {"seed": 1, "samples": 4} | other
    corpora = RootModel[dict[str, Any]]({"seen": {}, "unseen": {}, "absent": {}})
    report(root / "split", root / "crops", root / "runs", root / "curves", root / "split.json",
           out.with_suffix(""), root / "probes", out.with_suffix(".maps"), out, corpora,
           RootModel[list[str]](RECIPES), RootModel[list[str]](rendered or []), Params(**given))  # fmt: skip
    return out.read_text(encoding="utf-8")
