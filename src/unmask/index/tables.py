"""The table of videos."""

import pyarrow as pa

from unmask.schema import Column, Table

VIDEOS = Table(
    name="videos",
    meaning="One video of a corpus, also when it cannot be read.",
    key=("video",),
    columns=(
        Column("video", pa.string(), "Key: `<corpus>/<path below the root>`, without a video file's suffix."),
        Column("corpus", pa.string(), "Name of the corpus, as in `params.yaml`."),
        Column("path", pa.string(), "Path below the corpus' root, forward slashes."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("method", pa.string(), "How it was forged; empty for real."),
        Column("compression", pa.string(), "Compression that the data set names, such as c23; empty if it names none."),
        Column("kind", pa.string(), "`video`, or `faces`: a folder of pictures that are cropped to faces already."),
        Column("identities", pa.list_(pa.string()), "Every person that is known, `<namespace>:<name>`, sorted."),
        Column("cluster", pa.string(), "Target identity or source clip: the unit that the bootstrap draws."),
        Column("pair", pa.string(), "Real video a fake was made from, or a token both share.", nullable=True),
        Column("split", pa.string(), "Official split (train, val or test), where there is one.", nullable=True),
        Column("sources", pa.list_(pa.string()), "Clips that several videos may come from, `<namespace>:<name>`."),
        Column("attributes", pa.map_(pa.string(), pa.string()), "What else the data set says of it: race, gender, ..."),
        Column(
            "sha256",
            pa.string(),
            "Hash of the file, or of the pictures and their names; empty if it cannot be opened.",
        ),
        Column("bytes", pa.int64(), "Size of the file, or of all pictures."),
        Column("status", pa.string(), "`ok`, or `unreadable` when the probe failed."),
        Column("reason", pa.string(), "Why it is unreadable; empty otherwise."),
        Column("width", pa.int32(), "Stored width in pixels, before rotation; 0 if unknown."),
        Column("height", pa.int32(), "Stored height in pixels, before rotation; 0 if unknown."),
        Column("rotation", pa.int16(), "Degrees counter-clockwise by which frames must be turned to stand upright."),
        Column("fps", pa.float64(), "Average frame rate that the container announces; 0 if unknown."),
        Column(
            "frames",
            pa.int64(),
            "Number of pictures, or of frames as announced (never trusted); 0 if unknown.",
        ),
        Column("seconds", pa.float64(), "Length that the container announces; 0 if unknown."),
        Column("codec", pa.string(), "Video codec, such as h264, or format of the first picture; empty if unknown."),
        Column("pixel_format", pa.string(), "Stored pixel format, such as yuv420p; empty if unknown."),
        Column("bit_rate", pa.float64(), "Size of the file over its length, in bits per second; 0 if unknown."),
    ),
)
