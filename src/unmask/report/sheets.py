"""Contact sheets of the augmentation policies: a PNG of each for `dvc plots`, and as a picture inside the page."""

import base64
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from unmask.augment import sheet
from unmask.augment.part import Augment, checked
from unmask.crop.reading import decode, read_crop
from unmask.params import parse, read_yaml
from unmask.shards import Place
from unmask.split.tables import MANIFEST

QUALITY = 88


@dataclass(frozen=True)
class Sheet:
    """One contact sheet, which several recipes may share.

    Attributes:
        policy: Its name.
        recipes: Those that have it and the same seed.
        picture: As a picture inside the page.
        width: Pixels.
        height: Pixels.
    """

    policy: str
    recipes: list[str]
    picture: str
    width: int
    height: int


def write(runs: Path, recipes: Sequence[str], train: Path, crops: Path, out: Path) -> list[Sheet]:
    """Draw the sheets of every recipe on crops that it was trained on.

    Args:
        runs: Folder with a folder for each recipe, from `train`.
        recipes: Their names.
        train: The manifest `train`.
        crops: Folder with a folder of crop shards for each corpus.
        out: Gets `<recipe>/<policy>.png`; what it held is removed.

    Returns:
        Sheets in the order of the recipes; equal ones are one.

    Raises:
        DataError: A crop is missing, or is not the one that the manifest names.
        ParamsError: A recipe's policies are not what they should be.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    table = MANIFEST.read(train)
    table = table.filter(pc.equal(table["status"], "ok"))
    found: dict[tuple[str, bytes], list[str]] = {}
    for recipe in recipes:
        path = runs / recipe / "recipe.yaml"
        values = read_yaml(path)
        part = checked(parse(Augment, values["augment"], path, ("augment",)), path)
        sheet.write(part, values["seed"], table, partial(_crop, crops), out / recipe)
        for name in part.policies:
            found.setdefault((name, (out / recipe / f"{name}.png").read_bytes()), []).append(recipe)
    return [_sheet(name, data, shared) for (name, data), shared in found.items()]


def _crop(crops: Path, row: dict[str, Any]) -> NDArray[np.uint8]:
    return read_crop(crops, Place(row["shard"], row["offset"], row["size"]), row["sha256"])


def _sheet(name: str, data: bytes, recipes: list[str]) -> Sheet:
    pixels = cv2.cvtColor(decode(data), cv2.COLOR_RGB2BGR)
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    picture = "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
    return Sheet(name, recipes, picture, width=pixels.shape[1], height=pixels.shape[0])
