"""Split: all videos and crops -> train.parquet, val.parquet, test.parquet and the audit."""

from unmask.split.step import split
from unmask.stage import run

if __name__ == "__main__":
    run(split)
