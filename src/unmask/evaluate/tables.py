"""The table of video scores."""

import pyarrow as pa

from unmask.schema import Column, Table

VIDEOS = Table(
    name="videos",
    meaning="One test video with its score and verdict, also when no face was found in it.",
    key=("video",),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("corpus", pa.string(), "Name of the corpus."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("method", pa.string(), "How it was forged; empty for real."),
        Column("cluster", pa.string(), "Unit that the bootstrap draws."),
        Column("status", pa.string(), "`ok`, or why the video has no score."),
        Column("faces", pa.int32(), "Number of scored faces."),
        Column("logit", pa.float64(), "Video score: log-odds of fake, before calibration.", nullable=True),
        Column("probability", pa.float64(), "The same after calibration, 0 to 1, at even odds.", nullable=True),
        Column("decision", pa.int8(), "Verdict at the chosen threshold: 0 real, 1 fake.", nullable=True),
    ),
)
