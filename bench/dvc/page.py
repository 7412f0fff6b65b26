"""The table of docs/benchmarks.md."""

from collections.abc import Iterator

from bench.dvc.commands import COMMANDS

# Beyond this difference from starting up, clocks tell nothing.
LEAST = 0.1
# So many times less than loose files shall status, checkout and push cost.
TARGET = 10


def table(found: dict[str, dict[str, float]]) -> Iterator[str]:
    """Give the lines of the table; a target that is missed is said to be missed."""
    judged = {command.name for command in COMMANDS if command.judged}
    yield f"| `dvc` | start-up, s | shards, s | files, s | files / shards | without start-up | target: {TARGET} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
    for name, start in found["start-up"].items():
        shards, files = found["shards"][name], found["files"][name]
        whole, beyond = files / shards, (files - start) / max(shards - start, LEAST)
        written = f"{beyond:.0f}" if shards - start > LEAST else f"over {beyond:.0f}"
        said = verdict(whole, beyond) if name in judged else ""
        yield f"| {name} | {start:.2f} | {shards:.2f} | {files:.2f} | {whole:.1f} | {written} | {said} |"


def verdict(whole: float, beyond: float) -> str:
    """Tell whether a command, as it is run, costs TARGET times less; if not, whether it does without its start-up.

    Example:
        >>> verdict(12.0, 90.0), verdict(5.0, 21.0), verdict(3.0, 4.0)
        ('met', '**missed**; met without start-up', '**missed**')
    """
    if whole >= TARGET:
        return "met"
    return "**missed**; met without start-up" if beyond >= TARGET else "**missed**"
