"""Render an embedded corpus of invented people, so that the pipeline runs without a download."""

from unmask.render.step import render
from unmask.stage import run

if __name__ == "__main__":
    run(render)
