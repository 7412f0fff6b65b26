"""Index: a raw folder -> videos.parquet."""

from unmask.index.step import index
from unmask.stage import run

if __name__ == "__main__":
    run(index)
