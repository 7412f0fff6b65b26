"""The readers of videos; each module is one, named in params.yaml, and imported only when chosen."""
