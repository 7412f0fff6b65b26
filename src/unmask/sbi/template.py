"""A mean face in three dimensions: what is put where only five landmarks of a face are known.

Millimetres; the origin lies between the centres of the eyes, x to the right as seen, y downwards, z away from the
viewer. Points and their order are those of iBUG's 68-point scheme (Sagonas et al., 300 Faces in-the-Wild, 2013), which
most landmark models follow, and then a rim of the forehead from one temple to the other, which that scheme lacks.

Where the numbers come from: corners of eyes and mouth, tip of the nose and chin are where MediaPipe's canonical face
model has them (canonical_face_model.obj, Apache-2.0), rounded. All else was set by hand between these: the hairline
70 above the root of the nose, the jaw as broad as adults' bones are (cheekbones 130 to 134 apart, hairline 68 to 72 up:
means of men and women, table 9 of doi:10.1186/s40902-019-0191-7) and up to a centimetre more on either side, as the
outline that is seen runs over skin and before the ears; where published faces have theirs was looked at. No file of
landmarks was averaged or copied. It is nobody's face; docs/sbi.md tells how far hulls made from it are from real ones.
"""

import numpy as np

Part = list[list[float]]

# Of each symmetric part the left half as seen; the right one is its mirror image.
_JAW: Part = [
    [-73, 0, 60], [-73, 20, 60], [-71, 40, 56], [-68, 59, 50], [-61, 78, 40], [-51, 95, 26], [-36, 108, 10],
    [-19, 118, -4], [0, 120.5, -8],
]  # fmt: skip
_BROW: Part = [[-54, -17, 8], [-46, -25, -2], [-35, -27, -9], [-23, -25, -12], [-11, -20, -14]]
_BRIDGE: Part = [[0, -4, -16], [0, 10, -24], [0, 24, -32], [0, 37.5, -40]]
_NOSTRILS: Part = [[-15, 47, -20], [-8, 50, -24], [0, 52, -26]]
_EYE: Part = [[-44.5, 0, 3], [-37, -5, -1], [-26, -5, -3], [-18.5, 0, -3], [-26, 5, -3], [-37, 5, -1]]
_UPPER_LIP: Part = [[-25, 70, -8], [-16, 65, -15], [-6, 62, -19], [0, 63.5, -20]]
_LOWER_LIP: Part = [[-16, 77, -14], [-7, 81, -17], [0, 82, -18]]
_UPPER_GAP: Part = [[-20, 70, -10], [-8, 69, -17], [0, 69.5, -18]]
_LOWER_GAP: Part = [[-8, 71.5, -16], [0, 72, -17]]
_FOREHEAD: Part = [[-71, -23, 54], [-64, -43, 38], [-50, -60, 20], [-30, -70, 8], [0, -74, 3]]


def _whole(left: Part) -> Part:
    """Continue a part that ends at the middle line, or short of it, by its mirror image."""
    return left + [[-x, y, z] for x, y, z in reversed(left) if x]


def _eyes() -> Part:
    """Give both eyes, each from its left corner over the upper lid to the right one and back below."""
    return _EYE + [[-x, y, z] for x, y, z in (_EYE[number] for number in (3, 2, 1, 0, 5, 4))]


def _points() -> Part:
    outer = _whole(_UPPER_LIP) + _whole(_LOWER_LIP)[::-1]
    inner = _whole(_UPPER_GAP) + _whole(_LOWER_GAP)[::-1]
    return _whole(_JAW) + _whole(_BROW) + _BRIDGE + _whole(_NOSTRILS) + _eyes() + outer + inner


# 68 points x 3, and the rim of the forehead, 9 x 3.
FACE = np.array(_points())
FOREHEAD = np.array(_whole(_FOREHEAD))
