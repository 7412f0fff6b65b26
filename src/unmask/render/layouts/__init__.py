"""How rendered corpora lie on disk: one file for each official data set."""
