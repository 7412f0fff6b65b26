"""What can be told of one recipe before it is trained: it is built, and compared with what the project gives it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask.errors import ParamsError, UnmaskError

if TYPE_CHECKING:  # torch takes seconds; commands that need none of this do without
    from unmask.probe.params import Plan
    from unmask.train.recipe import Recipe

Check = Callable[[], object]


def checks(path: Path, sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    """Give what there is to check, each raising an UnmaskError with its own message.

    Args:
        path: The recipe.
        sections: Every top-level key of `params.yaml`, checked.
        entries: What layouts found of corpora, by corpus and video; those that are rendered or not there are missing.

    Raises:
        ParamsError: The recipe cannot be read, so nothing more can be told.
    """
    from unmask.probe.params import load as load_probes
    from unmask.train.recipe import load

    try:
        probes = load_probes(path)
    except UnmaskError as error:
        # Told after what is wrong elsewhere in the recipe.
        yield partial(load, path)
        yield partial(_raise, error)
        return
    plan = load(path)
    yield partial(_built, plan, path)
    yield partial(_blended, plan, path)
    yield partial(_has_landmarks, plan, path, sections, entries)
    yield partial(_starts, plan, probes, path)
    yield partial(_sees_time, probes, path, sections["extract"].sampling)


def _raise(error: UnmaskError) -> None:
    raise error


def _built(plan: "Recipe", path: Path) -> None:
    """Build network and optimizer, with weights unless they would have to be fetched."""
    from unmask.model.build import build
    from unmask.train.optimise import build_optimizer

    try:
        build_optimizer(build(plan.model, plan.input, pretrained=plan.model.weights != "hub"), plan.train)
    except UnmaskError as error:
        raise ParamsError(f"{path}: {error}") from None


def _blended(plan: "Recipe", path: Path) -> None:
    """Load the landmark model that blending asks, if there is one."""
    if plan.blend == "none":
        return
    from unmask.sbi.training import Blending

    try:
        Blending(plan.blend, plan.seed)
    except UnmaskError as error:
        raise ParamsError(f"{path}: {error}") from None


def _has_landmarks(
    plan: "Recipe", path: Path, sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> None:
    """Refuse blending where no real video trains, of whose faces a detector could find landmarks."""
    from unmask.index.entry import REAL

    corpora = sections["corpora"].root
    train_on = sections["split"].train_on
    named = list(corpora) if train_on == "all" else list(train_on)
    if plan.blend == "none" or not set(named) <= entries.keys():
        return
    videos = [entry for name in named for entry in entries[name].values()]
    if not any(entry.label == REAL and entry.kind != "faces" for entry in videos):
        raise ParamsError(
            f"{path}: `blend` makes fakes of real videos' crops by their landmarks, but no corpus of `split.train_on` "
            f"({', '.join(named)}) has a real video; pictures that came cropped have no landmarks. Add a corpus of "
            "videos, or set `blend: none`."
        )


def _starts(plan: "Recipe", probes: "Plan", path: Path) -> None:
    from unmask.probe.network import check_weights

    if probes.probes.network == "pretrained" and probes.heads:
        check_weights(plan, path)


def _sees_time(probes: "Plan", path: Path, sampling: Any) -> None:
    """Refuse heads on sequences where one frame of a video is all there is."""
    temporal = [f"`{name}`" for name, (head, _) in probes.heads.items() if head.TEMPORAL]
    key = "frames" if hasattr(sampling, "frames") else "most"
    if temporal and getattr(sampling, key) == 1:
        raise ParamsError(
            f"{path}: `probes.heads`: {', '.join(temporal)} judge sequences, but `extract.sampling.{key}` in "
            "params.yaml is 1, so every video has a single frame; take more, or take these heads out."
        )
