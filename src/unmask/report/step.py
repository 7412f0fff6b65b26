"""The step: gather what all steps found and write one page that needs nothing besides itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import RootModel

from unmask import __version__
from unmask.errors import DataError
from unmask.evaluate import curves as curve_files
from unmask.evaluate import results as result_files
from unmask.evaluate.results import Results
from unmask.evaluate.tables import VIDEOS
from unmask.report import audit, charts, embeddings, findings, samples, sheets, story
from unmask.report import runs as run_files
from unmask.report.params import Params
from unmask.report.runs import Run
from unmask.split.tables import MANIFEST, SPLITS
from unmask.systems import evaluated, place
from unmask.tune.params import RULES

HERE = Path(__file__).parent


def report(
    manifests: Path,
    crops: Path,
    runs: Path,
    curves: Path,
    metrics: Path,
    policies: Path,
    probes: Path,
    maps: Path,
    out: Path,
    corpora: RootModel[Any],
    recipes: RootModel[Any],
    rendered: RootModel[Any],
    report: Params,
) -> None:
    """Write the page.

    Args:
        manifests: Folder of the manifests `train`, `val` and `test`.
        crops: Folder with a folder of crop shards for each corpus.
        runs: Folder with a folder for each recipe, from `train`.
        curves: Folder with a folder for each recipe, from `evaluate`.
        metrics: The audit of the split.
        policies: Gets a folder for each recipe, with the contact sheet of each of its augmentation policies.
        probes: Folder with a folder for each recipe, from `probe`.
        maps: Gets a picture for each of them: a map of the embeddings of test videos.
        out: The page.
        corpora: Names of the corpora, in the page's order, with their settings.
        recipes: Names of the recipes, in the page's order.
        rendered: Names of the corpora that were drawn by code.
        report: What is shown.

    Raises:
        DataError: Something is missing that a step before this one should have written.
    """
    trained, known = list(recipes.root), list(corpora.root)
    names = evaluated(curves, trained)
    results = [result_files.read(place(curves, name)) for name in names]
    order = _tested(results, known, curves)
    values = {"corpora": order, "untested": [name for name in known if name not in order], "params": report}
    values["rendered"] = [name for name in order if name in rendered.root]
    values |= _training({name: place(runs if name in trained else probes, name) for name in names})
    verdicts = {name: VIDEOS.rows(place(curves, name)) for name in names}
    values |= _splitting(manifests, metrics, known)
    test = MANIFEST.rows(manifests / "test.parquet")
    values["strips"] = samples.strips(test, crops, verdicts, order, report)
    shown = trained if report.samples else []
    values["sheets"] = sheets.write(runs, shown, manifests / "train.parquet", crops, policies)
    values |= {"maps": embeddings.write(probes, trained, order, maps), "map_made": embeddings.MADE}
    _write(out, values | _testing(results, curves, order))


def _tested(results: Sequence[Results], corpora: Sequence[str], curves: Path) -> list[str]:
    """Give the corpora that any recipe was tested on, in the page's order."""
    tested = {corpus for one in results for corpus in one.corpora}
    order = [name for name in corpora if name in tested]
    if not order:
        raise DataError(f"{curves} has no metrics of any corpus in params.yaml; run the step `evaluate`.")
    return order


def _testing(results: Sequence[Results], curves: Path, corpora: Sequence[str]) -> dict[str, Any]:
    """Gather what the page says of tests."""
    return {
        "rules": RULES,
        "results": results,
        "stories": [story.tell(one) for one in results],
        "roc": {one.recipe: _roc(one, place(curves, one.recipe), corpora) for one in results},
        "histograms": {one.recipe: _histograms(one, place(curves, one.recipe), corpora) for one in results},
    }


def _training(folders: Mapping[str, Path]) -> dict[str, Any]:
    """Gather what the page says of trainings, those of secondary heads included."""
    trained = [run_files.read(folder) for folder in folders.values()]
    return {"runs": trained, "learning": _learning(trained, list(folders))}


def _splitting(manifests: Path, metrics: Path, corpora: list[str]) -> dict[str, Any]:
    """Gather what the page says of the split."""
    split = audit.read(metrics)
    return {
        "splits": SPLITS,
        "counts": audit.counts(manifests),
        "sources": audit.sources(split, corpora),
        "overlaps": findings.overlaps(split),
        "near": findings.near(split),
        "straddling": findings.straddling(split),
        "left_out": findings.left_out(split),
        "cuts": findings.cuts(split),
        "methods": findings.methods(split, corpora),
        "probes": findings.probes(split, corpora),
        "facts": audit.facts(split),
        "hashes": audit.hashes(manifests),
    }


def _roc(results: Results, folder: Path, corpora: Sequence[str]) -> str:
    return charts.roc(results, curve_files.read(folder / curve_files.ROC), corpora)


def _histograms(results: Results, folder: Path, corpora: Sequence[str]) -> dict[str, str]:
    counts = curve_files.read(folder / curve_files.HISTOGRAM)
    return {corpus: charts.histogram(results, counts[corpus], corpus) for corpus in corpora if corpus in counts}


def _learning(trained: Sequence[Run], recipes: Sequence[str]) -> dict[str, str]:
    """One chart for every number that any recipe kept."""
    best = {run.recipe: int(run.summary["best_epoch"]) for run in trained if "best_epoch" in run.summary}
    numbers = list(dict.fromkeys(number for run in trained for number in run.curves))
    return {
        number: charts.learning(
            number, {run.recipe: run.curves[number] for run in trained if number in run.curves}, best, recipes
        )
        for number in numbers
    }


def _write(out: Path, values: dict[str, Any]) -> None:
    page = _environment().get_template("report.html").render(version=__version__, **values)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": story.number, "percent": story.percent, "ends": story.ends, "markup": Markup}
    environment.globals["nothing"] = story.NOTHING
    environment.globals["style"] = Markup((HERE / "report.css").read_text(encoding="utf-8"))
    return environment
