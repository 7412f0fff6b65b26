"""The table of sampled frames."""

import pyarrow as pa

from unmask.schema import Column, Table

FRAMES = Table(
    name="frames",
    meaning="One sampled frame; a video without any frame has one row with frame -1.",
    key=("video", "frame"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame in the video, in order of time, from 0; -1 if there is none."),
        Column("kind", pa.string(), "`video`, or `faces`: pictures, whose names say the number of the frame."),
        Column("pair", pa.string(), "Key of the real video of this corpus that a fake was made from; empty if none."),
        Column("status", pa.string(), "`ok`, `unreadable` (the probe had failed) or `undecodable`."),
        Column("reason", pa.string(), "Why there is no frame, or what is damaged in the video; else empty."),
        Column("seconds", pa.float64(), "Time stamp, from the first frame; 0 if there is none."),
        Column("position", pa.int16(), "Place of the frame in the video's clip, from 0; -1 if none."),
        Column("rank", pa.int16(), "Place in the order in which frames are looked at for faces, from 0; -1 if none."),
        Column("enough", pa.int16(), "Number of frames with a face after which no more are looked at; 0: all are."),
        Column(
            "decoded",
            pa.int32(),
            "Number of frames that could be chosen: all that the video holds; of a damaged one those without damage; "
            "of a folder the pictures not known to be broken.",
        ),
        Column("width", pa.int32(), "Width in pixels, upright."),
        Column("height", pa.int32(), "Height in pixels, upright."),
        Column("rotation", pa.int16(), "Degrees counter-clockwise by which the clip's frames must be turned."),
        Column("path", pa.string(), "Raw file, below the corpus' folder, to decode again; empty where a clip is kept."),
        Column("reader", pa.string(), "Reader that decodes it again; empty where a clip is kept."),
        Column("shard", pa.string(), "Tar file that holds the video's clip; empty if none."),
        Column("offset", pa.int64(), "First byte of the clip in the shard."),
        Column("size", pa.int64(), "Bytes of the clip."),
        Column("sha256", pa.string(), "Hash of the clip, also of one that was not kept; empty if none."),
    ),
)
