"""The page of a study and its table: every system on every corpus, every comparison, and a sentence on each."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from bench import docs
from bench.study.compare import Estimate, mean
from bench.study.findings import numbers, verdict
from bench.study.plan import Plan

NONE = "-"


@dataclass(frozen=True)
class Study:
    """Everything that was found.

    Attributes:
        plan: What was asked.
        corpora: All corpora, in order.
        found: AUC by system and corpus.
        confidence: Of all intervals.
    """

    plan: Plan
    corpora: Sequence[str]
    found: Mapping[str, Mapping[str, Estimate]]
    confidence: float

    def places(self, system: str) -> dict[str, list[str]]:
        """Say which corpora are within a system's training, and which it has not seen at all."""
        arm = self.plan.systems()[system][0]
        learned, seen = self.plan.learned(arm), self.plan.seen(arm)
        return {
            "within": [name for name in self.corpora if name in learned],
            "across": [name for name in self.corpora if name not in seen],
        }

    def differences(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Estimate]:
        """Compare, within and across corpora, each corpus counting the same; places without a corpus are left out."""
        places = [self.places(system) for pair in pairs for system in pair]
        result = {}
        for place in ("within", "across"):
            common = [name for name in self.corpora if all(name in one[place] for one in places)]
            if common:
                result[place] = mean([self.found[a][c] - self.found[b][c] for a, b in pairs for c in common])
        return result


def page(study: Study) -> str:
    """Write the tables and the findings."""
    return "\n\n".join(
        [
            docs.table(("system", *study.corpora, "mean of unseen"), [_row(study, name) for name in study.found]),
            docs.wrapped(_told(study)),
            "#### Comparisons",
            docs.table(("", "within", "across"), _compared(study)),
            "#### Findings",
            *_findings(study),
        ]
    )


def table(study: Study) -> str:
    """Write all numbers as CSV: a system's AUC, and the differences of comparisons, with what each seed gave."""
    text, seeds = StringIO(), [f"seed_{seed}" for seed in study.plan.seeds]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["what", "where", "kind", "value", "low", "high", *seeds])
    for name, corpora in study.found.items():
        writer.writerows(_line(study, name, corpus, "auc", one) for corpus, one in corpora.items())
    for question in study.plan.asked():
        for name, pairs in question.pairs.items():
            found = study.differences(pairs)
            writer.writerows(_line(study, name, place, "difference", one) for place, one in found.items())
    return text.getvalue()


def _line(study: Study, what: str, where: str, kind: str, one: Estimate) -> list[str]:
    return [
        what,
        where,
        kind,
        *(f"{number:.4f}" for number in (one.value, *one.interval(study.confidence), *one.seeds)),
    ]


def _row(study: Study, name: str) -> list[str]:
    places, found = study.places(name), study.found[name]
    cells = [_cell(found[corpus], study.confidence) for corpus in study.corpora]
    marked = [cell if c in places["across"] else f"({cell})" for c, cell in zip(study.corpora, cells, strict=True)]
    unseen = [found[corpus] for corpus in places["across"]]
    return [f"`{name}`", *marked, _cell(mean(unseen), study.confidence) if unseen else NONE]


def _cell(one: Estimate, confidence: float) -> str:
    low, high = one.interval(confidence)
    return f"{one.value:.2f} [{low:.2f}, {high:.2f}]"


def _told(study: Study) -> str:
    named = ", ".join(map(str, study.plan.seeds))
    seeds = f"mean of seeds {named}" if len(study.plan.seeds) > 1 else f"seed {named}"
    return (
        f"AUC over videos, {seeds}, with intervals of {study.confidence:.0%} over identities; in "
        "brackets on corpora that the system or the network that it starts from has learned from or was chosen on."
    )


def _compared(study: Study) -> list[list[str]]:
    rows = []
    for question in study.plan.asked():
        for name, pairs in question.pairs.items():
            found = study.differences(pairs)
            cells = [numbers(found[w], study.confidence) if w in found else NONE for w in ("within", "across")]
            rows.append([name, *cells])
    return rows


def _findings(study: Study) -> list[str]:
    return [
        "\n".join(
            [
                f"**{question.ask}**",
                *([docs.wrapped(question.remark)] if question.remark else []),
                *(docs.wrapped(f"- {name}: {_sentence(study, pairs)}") for name, pairs in question.pairs.items()),
            ]
        )
        for question in study.plan.asked()
    ]


def _sentence(study: Study, pairs: Sequence[tuple[str, str]]) -> str:
    found = study.differences(pairs)
    return "; ".join(f"{place}, {verdict(one, study.confidence)}" for place, one in found.items()) + "."
