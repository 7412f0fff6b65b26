"""Extract: videos.parquet -> frames.parquet and shards of sampled frames."""

from unmask.extract.step import extract
from unmask.stage import run

if __name__ == "__main__":
    run(extract)
