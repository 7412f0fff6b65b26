"""The `unmask` command: what a person does around `dvc repro`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from unmask.errors import UnmaskError, blocked

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def check() -> None:
    """Look for mistakes before hours of work: parameters, recipes, weights, and that every corpus is there."""
    from unmask.preflight import mistakes

    if found := mistakes():
        sys.exit("\n".join(f"error: {mistake}" for mistake in found))
    typer.echo("params.yaml, the recipes it runs and its corpora: all well.")


@app.command()
def recipes() -> None:
    """List the recipes: backbone, side of the input in pixels, head, whether fakes are blended, and what each is."""
    import shutil

    from unmask.recipes import listed

    typer.echo("\n".join(listed(shutil.get_terminal_size((100, 24)).columns)))


@app.command()
def keep() -> None:
    """Fix everybody in the split where they are now, whatever is added later: write data/kept_splits.csv."""
    from unmask import params
    from unmask.split.kept import keep as write

    corpora = list(dict(params.load("corpora"))["root"])
    if dict(params.load("split"))["folds"]:
        sys.exit("error: params.yaml: `split.folds` deals anew for cross-validation; nothing can be kept of that.")
    kept = Path("data/kept_splits.csv")
    new = write(Path("data/10_index"), corpora, Path("data/50_split"), kept)
    typer.echo(f"{new} names are new in {kept}; commit it.")


@app.command()
def results() -> None:
    """Print the table of results: one line per recipe and corpus."""
    from unmask import params
    from unmask.report.terminal import summary

    recipes: list[str] = list(dict(params.load("recipes"))["root"])
    typer.echo(summary(Path("data/90_evaluate"), recipes))


@app.command()
def cache(
    prune: Annotated[
        str | None, typer.Option(metavar="GB", help="Remove results, oldest use first, until this many GB remain.")
    ] = None,
    clear: Annotated[str | None, typer.Option(metavar="STEP", help="Remove all results of this step.")] = None,
) -> None:
    """Show what the work cache holds of each step, or make it smaller."""
    from unmask import cache as held
    from unmask import storage

    size = None if prune is None else storage.gigabytes("--prune", prune)  # a mistake in it must not cost anything
    if clear is not None:
        typer.echo(f"{held.clear(clear)} results of {clear} removed.")
    if size is not None:
        typer.echo(f"{storage.prune(size)} results removed.")
    typer.echo("\n".join(held.told()))


@app.command()
def deepfakebench(out: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Write the splits and their crops as DeepfakeBench reads them: a JSON list per corpus, and pictures."""
    from unmask import exchange

    for corpus, videos in exchange.write(Path("data/50_split"), Path("data/40_crop/shards"), out).items():
        typer.echo(f"{out / corpus}.json: {videos} videos")


@app.command()
def search(
    recipe: Annotated[Path, typer.Argument(help="A recipe: recipes/<name>.yaml.")],
    space: Annotated[Path, typer.Option(help="Which keys change, over which values (docs/search.md).")],
    trials: Annotated[int, typer.Option(min=1, help="How many trainings, those of an earlier call included.")],
    out: Annotated[Path, typer.Option(help="The recipe that is written: recipes/<name>_best.yaml.")],
) -> None:
    """Search for the values with which a recipe does best on validation; test is never looked at."""
    from unmask.search.run import search as run
    from unmask.search.trial import Inputs

    inputs = Inputs(Path("data/50_split/train.parquet"), Path("data/50_split/val.parquet"), Path("data/40_crop/shards"))
    typer.echo(run(recipe, space, trials, out, inputs))
    typer.echo(f"{out} has the best values. Put it into `recipes` of params.yaml, then `dvc repro` tests it.")


@app.command()
def docs() -> None:
    """Renew docs/data.md and the README's tables of steps and results."""
    from unmask import dictionary

    Path("docs/data.md").write_text(dictionary.dictionary(), encoding="utf-8")
    page = Path("README.md")
    page.write_text(dictionary.readme(page.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    """Run the command; a user's mistake ends with one message, not a traceback."""
    try:
        app()
    except UnmaskError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if said := blocked(error):
            sys.exit(f"error: {said}")
        raise
