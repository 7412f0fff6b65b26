"""The table of embeddings, one file for each corpus (`embedded/<corpus>.parquet`), and the map of the test videos."""

import pyarrow as pa

from unmask.schema import Column, Table

FOLDER = "embedded"
# So many videos of each corpus and label are on the map at most: one of more is slow to make and no clearer.
MOST = 200
# How many neighbours each point keeps near, about; fewer where there are few points. The usual choice.
PERPLEXITY = 30

EMBEDDED = Table(
    name="embedded",
    meaning="What the frozen network's classifier sees of one crop of any split, and when in its video the crop is. "
    "There is a file for each corpus.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame."),
        Column("face", pa.int16(), "Number of the face."),
        Column("split", pa.string(), "`train`, `val` or `test`."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("weight", pa.float32(), "Weight in training; 1 in val and test."),
        Column("track", pa.int16(), "Track of the face in its video."),
        Column("seconds", pa.float64(), "Time stamp of the frame, from the video's first frame; 0 for pictures."),
        Column(
            "logit",
            pa.float32(),
            "Log-odds of fake by the network's own head; null where that head is not trained.",
            nullable=True,
        ),
        Column(
            "embedding",
            pa.list_(pa.float16()),
            "Penultimate features, rounded to half precision; one length per network.",
        ),
    ),
)

POINTS = Table(
    name="points",
    meaning="Where a test video lies on the map of embeddings that t-SNE makes; distances have no unit.",
    key=("video",),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("corpus", pa.string(), "Name of the corpus."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("method", pa.string(), "How it was forged; empty for real."),
        Column("network", pa.string(), "Whose embeddings: `trained`, or `pretrained` (the backbone as it started)."),
        Column("x", pa.float32(), "Place on the map."),
        Column("y", pa.float32(), "Place on the map."),
    ),
)
