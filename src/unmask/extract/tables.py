"""The table of sampled frames."""

import pyarrow as pa

from unmask.schema import Column, Table

FRAMES = Table(
    name="frames",
    meaning="One sampled frame; a video without any frame has one row with frame -1.",
    key=("video", "frame"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame among those that decode, from 0; -1 if none does."),
        Column("kind", pa.string(), "`video`, or `faces`: pictures, whose names say the number of the frame."),
        Column("status", pa.string(), "`ok`, `unreadable` (the probe had failed) or `undecodable`."),
        Column("reason", pa.string(), "Why there is no frame, or why some are missing; else empty."),
        Column("seconds", pa.float64(), "Time stamp, from the first frame; 0 if there is none."),
        Column("position", pa.int16(), "Place of the frame in the video's clip, from 0; -1 if none."),
        Column(
            "decoded",
            pa.int32(),
            "Number of frames that decode, or of pictures not known to be broken.",
        ),
        Column("width", pa.int32(), "Width in pixels, upright."),
        Column("height", pa.int32(), "Height in pixels, upright."),
        Column("rotation", pa.int16(), "Degrees counter-clockwise by which the clip's frames must be turned."),
        Column("shard", pa.string(), "Tar file that holds the video's clip; empty if none."),
        Column("offset", pa.int64(), "First byte of the clip in the shard."),
        Column("size", pa.int64(), "Bytes of the clip."),
        Column("sha256", pa.string(), "Hash of the clip; empty if none."),
    ),
)
