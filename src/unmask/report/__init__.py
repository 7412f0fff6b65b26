"""Report: all metrics and curves -> one self-contained page."""
