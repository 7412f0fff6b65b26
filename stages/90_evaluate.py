"""Evaluate: test scores and operating points -> metrics with intervals, and the curves behind them."""

from unmask.evaluate.step import evaluate
from unmask.stage import run

if __name__ == "__main__":
    run(evaluate)
