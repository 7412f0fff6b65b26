"""Corpora with official lists: FaceForensics++, clips that straddle its splits, and DeeperForensics made of it."""

from typing import Any

from split_tables import Row, row, swaps

FF = "faceforensics"
# Split of each id of the FaceForensics++ below: 28 train, 6 validate, 6 test.
HOME = {n: "train" if n < 28 else "val" if n < 34 else "test" for n in range(40)}


def ffpp() -> list[Row]:
    rows = swaps(40, FF)
    for one in rows:
        one["split"] = HOME[int(one["cluster"].partition(":")[2])]
    return rows


def both(*names: str, **changes: Any) -> Row:
    return {"train_on": list(names), "validate_on": list(names), **changes}


STRADDLERS = {"one": (0, 30), "two": (2, 36), "three": (32, 38)}


def straddling() -> list[Row]:
    rows = ffpp()
    for one in rows:
        ids = {int(name.partition(":")[2]) for name in one["identities"]}
        one["sources"] = [f"youtube:{name}" for name, couple in STRADDLERS.items() if ids & set(couple)]
    return rows


def deeper() -> list[Row]:
    """DeeperForensics: targets of FF++, actors of its own, and lists that know nothing of those of FF++."""
    rows = []
    for n in range(40):
        split = ("train", "train", "val", "test")[n % 4]
        for actor in (n % 4, 4 + n % 4):
            rows.append(
                row(f"end_to_end/{n:03d}_M{actor}", 1, [f"{FF}:{n:03d}", f"M{actor}"], "deeperforensics",
                    method="end_to_end", cluster=f"{FF}:{n:03d}", pair=f"{FF}/real/{n:03d}", split=split)
            )  # fmt: skip
    return rows


def target(one: Row) -> int:
    return int(one["cluster"].partition(":")[2])
