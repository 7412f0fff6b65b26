"""The tables of scores and embeddings."""

import pyarrow as pa

from unmask.schema import Column, Table

SCORES = Table(
    name="scores",
    meaning="The model's verdict on one crop of val or test; a video without any crop has one row without a logit.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame; -1 if the video has no crop."),
        Column("face", pa.int16(), "Number of the face; -1 if the video has no crop."),
        Column("status", pa.string(), "`ok`, or why the video has no crop."),
        Column("split", pa.string(), "`val` or `test`."),
        Column("corpus", pa.string(), "Name of the corpus."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("method", pa.string(), "How it was forged; empty for real."),
        Column("cluster", pa.string(), "Unit that the bootstrap draws."),
        Column("track", pa.int16(), "Track of the face in its video; -1 if none."),
        Column("logit", pa.float32(), "Log-odds of fake, before calibration; null if there is no crop.", nullable=True),
    ),
)

EMBEDDINGS = Table(
    name="embeddings",
    meaning="What the model's classifier sees of one crop of val or test.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame."),
        Column("face", pa.int16(), "Number of the face."),
        Column(
            "embedding",
            pa.list_(pa.float16()),
            "Penultimate features, rounded to half precision; one length per model.",
        ),
    ),
)
