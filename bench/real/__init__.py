"""Self-blended images on real video: networks that saw no swap are asked about swaps, cross-validated over people."""
