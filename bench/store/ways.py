"""The ways of keeping frames that are compared, and the pixel formats that each of them takes."""

import zlib

import pyarrow as pa
from av.video.format import names  # type: ignore[attr-defined]
from bench.store.codecs import X264, Codec
from bench.store.ours import Again, Ours
from bench.store.plain import Png, Raw
from bench.store.way import Way

from unmask.pixels import STORABLE, nearest_format

FFV1 = {"level": "1", "coder": "0", "context": "0"}
ZSTD = pa.Codec("zstd", 1)

WAYS: list[Way] = [
    Ours("**`magicyuv`** (default)", format="magicyuv"),
    Ours("**`ffv1`**", format="ffv1"),
    Ours("**`jpeg`**, quality 95, 4:4:4", format="jpeg", quality=95),
    Again("**`none`**: decoded again"),
    Codec("MagicYUV, median", "magicyuv", pred="median", slices=1),
    Codec("MagicYUV, left", "magicyuv", pred="left", slices=1),
    Codec("UT Video, median", "utvideo", pred="median", slices=1),
    Codec("UT Video, left", "utvideo", pred="left", slices=1),
    Codec("FFVHUFF, plane", "ffvhuff", pred="plane"),
    Codec("FFVHUFF, median, adaptive", "ffvhuff", pred="median", context=1),
    Codec("FFV1 in Matroska", "ffv1", "matroska", **FFV1),
    Codec("FFV1, level 3 with check sums", "ffv1", **FFV1 | {"level": "3"}),
    Codec("FFV1, range coder", "ffv1", **FFV1 | {"coder": "1"}),
    Codec("FFV1, range coder, large context", "ffv1", **FFV1 | {"coder": "1", "context": "1"}),
    X264("ultrafast"),
    X264("superfast"),
    X264("veryfast"),
    Codec("Motion JPEG, native 4:2:0, quantiser 2", "mjpeg", qmin=2, qmax=2, strict="unofficial"),
    Png("PNG of RGB, level 1", ("rgb24",)),
    Raw("planes, zlib 1", lambda data: zlib.compress(data, 1), lambda data, _: zlib.decompress(data)),
    Raw(
        "planes, Zstandard 1",
        lambda d: ZSTD.compress(d, asbytes=True),
        lambda d, n: ZSTD.decompress(d, n, asbytes=True),
    ),
    Raw("planes as they are", lambda data: data, lambda data, _: data),
]


def covered(way: Way) -> int:
    """Count the pixel formats of FFmpeg that a way keeps without loss, of those that FFV1 does."""
    return sum(nearest_format(name, way.formats)[1] for name in coverable())


def coverable() -> list[str]:
    """List the pixel formats of FFmpeg that FFV1 keeps without loss, rearranged or not."""
    whole = [name for name in names if "f16" not in name and "f32" not in name]
    return sorted(name for name in whole if nearest_format(name, STORABLE)[1])
