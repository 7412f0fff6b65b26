"""The contact sheet of a policy: each operation alone at the two ends of its range, and then the whole policy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from unmask.augment.change import Pixels
from unmask.augment.part import Augment
from unmask.augment.policy import Policy
from unmask.augment.settings import Group, Operation
from unmask.hashing import stable_hash

# Crops on either side of the gap, rows of the whole policy, and pixels: longest side of a crop, between pictures, left
# of them, between lines of text.
SIDE_BY_SIDE, WHOLE = 4, 3
SIDE, SPACE, MARGIN, LINE = 128, 4, 190, 15
INK, PAPER = (40, 40, 40), 255

Operations = Mapping[str, Operation]
Row = dict[str, Any]


def write(part: Augment, seed: int, table: pa.Table, read: Callable[[Row], Pixels], folder: Path) -> None:
    """Write the sheet of every policy, a PNG that bears its name.

    Args:
        part: The section `augment` of a recipe.
        seed: The recipe's.
        table: Rows of the training manifest that have a crop.
        read: Gives the crop of a row.
        folder: Gets the files; it is made where it is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    corpora = set(table["corpus"].to_pylist())
    for name, operations in part.policies.items():
        own = {corpus for corpus in corpora if part.corpora.get(corpus, part.default) == name}
        rows = choose(table, own or corpora)
        crops = {f"{row['video']}/{row['frame']}/{row['face']}": read(row) for row in rows}
        picture = cv2.cvtColor(sheet(operations, crops, seed), cv2.COLOR_RGB2BGR)
        (folder / f"{name}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def choose(table: pa.Table, corpora: set[str]) -> list[Row]:
    """Pick crops of as many videos as a sheet shows, by the hash of their keys and not by hand.

    Args:
        table: Rows with video, corpus, frame and face.
        corpora: Which corpora they may be of.
    """
    table = table.filter(pc.is_in(table["corpus"], pa.array(sorted(corpora), pa.string())))
    videos = sorted(pc.unique(table["video"]).to_pylist(), key=stable_hash)[:SIDE_BY_SIDE]
    rows = [table.slice(pc.index(table["video"], video).as_py(), 1).to_pylist() for video in videos]
    return [row for (row,) in rows]


def sheet(operations: Operations, crops: Mapping[str, Pixels], seed: int) -> Pixels:
    """Draw the sheet of one policy.

    Args:
        operations: Those of the policy, in order.
        crops: Key and pixels of each crop, RGB, all of one size.
        seed: The recipe's.

    Returns:
        Height x width x 3, RGB.
    """
    plain = Policy({}, seed)
    rows = [_row(["as they are", "below: from | to"], [(plain, crops, 1)])]
    for name, low, high in ends(operations):
        sides = [low] if high is None else [low, high]
        inner = name.rpartition(" ")[2]
        rows.append(_row(_told(name, low, high), [(Policy({inner: one}, seed), crops, 1) for one in sides]))
    whole = Policy(operations, seed)
    for number in range(WHOLE):
        words = ["the whole policy", "as it is drawn"] if not number else []
        rows.append(_row(words, [(whole, crops, 2 * number + 1), (whole, crops, 2 * number + 2)]))
    height, width = max(row.shape[0] for row in rows), max(row.shape[1] for row in rows)
    return np.concatenate([_padded(row, height, width) for row in rows])


def ends(operations: Operations) -> Iterator[tuple[str, Operation, Operation | None]]:
    """Give each operation with certainty and all of its ranges at their lower, and at their upper ends.

    Yields:
        Its name, behind that of its group if it is in one; its settings; None where both would be the same.
    """
    for name, settings in operations.items():
        if isinstance(settings, Group):
            yield from ((f"{name} {inner}", low, high) for inner, low, high in ends(settings.of))
            continue
        sides = [settings.model_copy(update={"p": 1.0} | _at(settings, place)) for place in (0, -1)]
        yield name, sides[0], None if sides[0] == sides[1] else sides[1]


def _at(settings: Operation, place: int) -> dict[str, Any]:
    """Narrow every range to one of its ends, and every choice to its first or last."""
    several = {name: value for name, value in settings if isinstance(value, tuple)}
    ranges = {name for name, value in several.items() if all(isinstance(one, float) for one in value)}
    return {name: (value[place],) * (2 if name in ranges else 1) for name, value in several.items()}


def _told(name: str, low: Operation, high: Operation | None) -> list[str]:
    words = [name]
    for key, value in low if high is not None else ():
        other = getattr(high, key)
        if isinstance(value, tuple) and value != other:
            words.append(f"{key} {_short(value[0])} | {_short(other[0])}")
    return words


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(words: Sequence[str], sides: Sequence[tuple[Policy, Mapping[str, Pixels], int]]) -> Pixels:
    """Draw a row: text, the crops of one side, a gap, those of the other."""
    pictures = [np.full((1, MARGIN, 3), PAPER, np.uint8)]
    for policy, crops, epoch in sides:
        pictures += [_small(_changed(policy, pixels, key, epoch)) for key, pixels in crops.items()]
        pictures.append(np.full((1, 2 * SPACE, 3), PAPER, np.uint8))
    height = max(max(picture.shape[0] for picture in pictures) + SPACE, LINE * (len(words) + 1))
    row = np.concatenate([_padded(one, height, one.shape[1] + SPACE) for one in pictures], axis=1)
    for number, text in enumerate(words):
        place = (SPACE, LINE * (number + 1))
        cv2.putText(row, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42 if number else 0.5, INK, 1, cv2.LINE_AA)
    return row


def _changed(policy: Policy, pixels: Pixels, key: str, epoch: int) -> Pixels:
    image = policy(torch.from_numpy(pixels).permute(2, 0, 1), key, epoch)
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())


def _small(pixels: Pixels) -> Pixels:
    shrink = SIDE / max(pixels.shape[:2])
    if shrink >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)


def _padded(pixels: Pixels, height: int, width: int) -> Pixels:
    right, below = width - pixels.shape[1], height - pixels.shape[0]
    return np.pad(pixels, ((0, max(below, 0)), (0, max(right, 0)), (0, 0)), constant_values=PAPER)
