"""Train: manifests train and val -> the model of one recipe."""

from unmask.stage import run
from unmask.train.step import train

if __name__ == "__main__":
    run(train)
