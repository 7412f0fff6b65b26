"""The section `tune` of params.yaml."""

from typing import Literal, get_args

from unmask.params import Section

Rule = Literal["max_f1", "youden", "eer", "fpr_1"]
Aggregation = Literal["mean_logit", "mean_probability", "max_probability"]
RULES: tuple[Rule, ...] = get_args(Rule)


class Params(Section):
    """How a video gets its score, and which operating point is the one reported.

    Attributes:
        rule: Every rule's threshold is fitted; this one's is carried to accuracy and decisions.
        aggregation: How the faces of one track become one score; of several tracks the highest counts.
    """

    rule: Rule
    aggregation: Aggregation
