"""Work on other machines: joblib on a Dask scheduler or a Ray cluster, found by name and imported when chosen."""
