"""The manifest: what one split consists of."""

import pyarrow as pa

from unmask.schema import Column, Table

SPLITS = ("train", "val", "test")

MANIFEST = Table(
    name="manifest",
    meaning="One crop of one split, with all that training and scoring need to know; "
    "in val and test, a video without any crop has one row with face -1, so that it is counted.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame; -1 if the video has no crop."),
        Column("face", pa.int16(), "Number of the face; -1 if the video has no crop."),
        Column("status", pa.string(), "`ok`, or why the video has no crop."),
        Column("corpus", pa.string(), "Name of the corpus."),
        Column("label", pa.int8(), "0 real, 1 fake."),
        Column("method", pa.string(), "How it was forged; empty for real."),
        Column("cluster", pa.string(), "Unit that the bootstrap draws, `<namespace>:<name>`."),
        Column("pair", pa.string(), "Real video that a fake was made from, or a token both share.", nullable=True),
        Column("track", pa.int16(), "Track of the face in its video; -1 if none."),
        Column("weight", pa.float32(), "Weight in training; 1 in val and test."),
        Column(
            "landmarks",
            pa.list_(pa.float32()),
            "The five landmarks as in `crops`, x and y in turn, in pixels of the crop; null if unknown.",
            nullable=True,
        ),
        Column("shard", pa.string(), "Tar file below the folder of crop shards, `<corpus>/<file>`; empty if none."),
        Column("offset", pa.int64(), "First byte of the picture in the shard."),
        Column("size", pa.int64(), "Bytes of the picture."),
        Column("sha256", pa.string(), "Hash of the picture's bytes; empty if none."),
    ),
)
