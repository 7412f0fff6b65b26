"""What can be checked before hours of work: parameters, recipes, weights, and that every corpus is there."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from unmask import params
from unmask.errors import ParamsError, UnmaskError

RAW = Path("data/00_raw")


def mistakes() -> list[str]:
    """Find every mistake that can be found without reading a video.

    Returns:
        One message each, which says what is wrong, where, and what would be right; empty when all is well.
    """
    written = params.read_yaml(params.FILE)
    owners = {path.parent.name for path in Path(__file__).parent.glob("*/params.py")} - {"index", "train"}
    missing = sorted({*params.LISTS, *owners} - written.keys())
    found = [said for name in missing for said in _said(_load(name))]
    found += [said for name in written for said in _said(_load(name))]
    if not found:
        sections = {name: params.load(name) for name in written}
        found += _corpora(sections) + [said for name in written["recipes"] for said in _said(_build(name))]
    return found


def _load(name: str) -> Callable[[], object]:
    return lambda: params.load(name)


def _corpora(sections: Mapping[str, Any]) -> list[str]:
    from unmask.index.step import videos_of
    from unmask.split.sources import check_names

    corpora, rendered = list(sections["corpora"].root), sections["rendered"].root
    found = list(_said(lambda: check_names(corpora, sections["split"].train_on))) if corpora else []
    for name in ("corpora", "recipes"):
        if not sections[name].root:
            found.append(f"{params.FILE}: `{name}` is empty; it must name one at least.")
    for name in rendered:
        if name not in sections["render"].root:
            found.append(f"{params.FILE}: `rendered` names `{name}`, but `render` says nothing of it.")
    for name in corpora:
        if name not in rendered:
            found += _said(partial(videos_of, RAW / name, name, sections["corpora"].root[name]))
    return found


def _build(recipe: str) -> Callable[[], object]:
    def build() -> object:
        from unmask.train import model
        from unmask.train.recipe import load

        path = Path(f"recipes/{recipe}.yaml")
        plan = load(path)
        try:
            return model.build(plan.model, pretrained=plan.model.weights != "hub")
        except UnmaskError as error:
            raise ParamsError(f"{path}: {error}") from None

    return build


def _said(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except UnmaskError as error:
        yield from str(error).splitlines()
