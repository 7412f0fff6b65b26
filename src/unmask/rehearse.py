"""What can be told of one recipe before it is trained: it is built, and compared with what the project gives it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask import doubts, params
from unmask.errors import UnmaskError

if TYPE_CHECKING:  # torch takes seconds; commands that need none of this do without
    from unmask.index.entry import Entry
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
    yield partial(_has_fakes, plan, probes, path, sections, entries)
    yield partial(_starts, plan, probes, path)
    yield partial(_sees_time, probes, path, sections["extract"].sampling)
    yield partial(doubts.tell, plan, path, sections)


def _raise(error: UnmaskError) -> None:
    raise error


def _built(plan: "Recipe", path: Path) -> None:
    """Build network and optimizer, with weights unless they would have to be fetched."""
    from unmask.model.build import build
    from unmask.model.names import check_current
    from unmask.train.optimise import build_optimizer

    try:
        check_current(plan.model.backbone)
        build_optimizer(build(plan.model, plan.input, pretrained=plan.model.weights != "hub"), plan.train)
    except UnmaskError as error:
        raise params.placed(path, error) from None


def _blended(plan: "Recipe", path: Path) -> None:
    """Load the landmark model that blending asks, if there is one."""
    if plan.blend == "none":
        return
    from unmask.sbi.training import Blending

    try:
        Blending(plan.blend, plan.seed)
    except UnmaskError as error:
        raise params.placed(path, error) from None


def _has_landmarks(
    plan: "Recipe", path: Path, sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> None:
    """Refuse blending where no real video trains, of whose faces a detector could find landmarks."""
    from unmask.index.entry import REAL

    named, videos = _chosen("train_on", sections, entries)
    if plan.blend != "none" and videos and not any(one.label == REAL and one.kind != "faces" for one in videos):
        raise params.placed(
            path,
            f"`blend` makes fakes of real videos' crops by their landmarks, but no corpus of {named} has a "
            "real video; pictures that came cropped have no landmarks. Add a corpus of videos, or set `blend: none`.",
        )


def _has_fakes(
    plan: "Recipe", probes: "Plan", path: Path, sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> None:
    """Refuse to train on reals alone what learns from fakes: a network without `blend`, and heads."""
    named, videos = _chosen("train_on", sections, entries)
    if not _all_real(videos):
        return
    if plan.blend == "none":
        raise params.placed(
            path,
            f"`blend` is `none`, so the network learns from real and fake videos, but no corpus of {named} has "
            "a fake video. Add one that has, or have fakes made of the reals (`blend`, docs/sbi.md).",
        )
    # The mean of the network's own scores learns nothing.
    if heads := [f"`{name}`" for name in probes.heads if name != "mean"]:
        raise params.placed(
            path,
            f"`probes.heads`: {', '.join(heads)} must learn from real and fake videos, but no corpus of "
            f"{named} has a fake video, and those that `blend` makes are for the network alone. Take these heads out, "
            "or add a corpus that has fakes.",
        )


def validates(sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to validate on reals alone, whatever the recipe.

    Args:
        sections: As for `checks`.
        entries: As for `checks`.

    Raises:
        ParamsError: No corpus that validates has a fake.
    """
    named, videos = _chosen("validate_on", sections, entries)
    if _all_real(videos):
        raise params.placed(
            params.FILE,
            f"{named} names no corpus that has a fake video, but a network is validated on real and fake videos, also "
            "one that learns from reals alone. Add one that has.",
        )


def _all_real(videos: Collection["Entry"]) -> bool:
    from unmask.index.entry import REAL

    return bool(videos) and all(one.label == REAL for one in videos)


def _chosen(
    key: str, sections: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> tuple[str, list["Entry"]]:
    """Give a key of `split` with the corpora that it means, and their videos; none if one could not be looked at.

    Fakes whose method is left out are not among them.
    """
    from unmask.split.sources import chosen, leaves_out

    split = sections["split"]
    names = chosen(getattr(split, key), list(sections["corpora"].root), split)
    known = set(names) <= entries.keys()
    videos = [
        one
        for name in (names if known else ())
        for one in entries[name].values()
        if not (one.method and any(leaves_out(left, name, one.method) for left in split.leave_out))
    ]
    return f"`split.{key}` ({', '.join(names)})", videos


def _starts(plan: "Recipe", probes: "Plan", path: Path) -> None:
    from unmask.probe.network import check_weights

    if probes.probes.network == "pretrained" and probes.heads:
        check_weights(plan, path)


def _sees_time(probes: "Plan", path: Path, sampling: Any) -> None:
    """Refuse heads on sequences where one frame of a video is all there is."""
    temporal = [f"`{name}`" for name, (head, _) in probes.heads.items() if head.TEMPORAL]
    key = "frames" if hasattr(sampling, "frames") else "most"
    if temporal and getattr(sampling, key) == 1:
        raise params.placed(
            path,
            f"`probes.heads`: {', '.join(temporal)} judge sequences, but `extract.sampling.{key}` in "
            "params.yaml is 1, so every video has a single frame; take more, or take these heads out.",
        )
