"""Index: a raw folder -> videos.parquet, one row per video, read through the corpus' layout."""
