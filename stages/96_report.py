"""Report: all metrics and curves -> one self-contained page."""

from unmask.report.step import report
from unmask.stage import run

if __name__ == "__main__":
    run(report)
