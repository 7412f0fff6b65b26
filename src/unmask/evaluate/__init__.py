"""Evaluate: test scores and operating points -> metrics with intervals, and the curves behind them."""
