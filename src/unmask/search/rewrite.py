"""Change values in the text of a YAML file and leave all else as it stands: comments, questions, order, layout."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

WIDE = 1 << 16


def rewrite(text: str, values: Mapping[str, Any]) -> str:
    r"""Replace values of a YAML file.

    Args:
        text: The file.
        values: New values by dotted key; each key is there, and none lies within another.

    Returns:
        The file with the new values, which are written on one line.

    Example:
        >>> rewrite("a: 1  # one\n# Which?\nb:\n  c: [1, 2]\n", {"a": 2.5, "b.c": {"d": [3]}})
        'a: 2.5  # one\n# Which?\nb:\n  c: {d: [3]}\n'
    """
    root = YAML(typ="safe").compose(text)
    spans = sorted((_span(root, text, key), key) for key in values)
    for (start, end), key in reversed(spans):
        text = f"{text[:start]} {_flow(values[key])}{text[end:]}"
    return text


def _span(root: Node, text: str, key: str) -> tuple[int, int]:
    """Find where a value begins, right behind the colon, and where it ends."""
    node, start = root, 0
    for name in key.split("."):
        assert isinstance(node, MappingNode)
        found = next(pair for pair in node.value if pair[0].value == name)
        start, node = text.index(":", found[0].end_mark.index) + 1, found[1]
    return start, _end(node)


def _end(node: Node) -> int:
    """Find where a value ends: one in block style does with its last part, not with the comments behind it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _flow(value: Any) -> str:
    """Write a value on one line."""
    yaml: Any = YAML(typ="safe")
    text = StringIO()
    yaml.default_flow_style, yaml.width, yaml.sort_base_mapping_type_on_output = True, WIDE, False
    yaml.dump(value, text)
    return text.getvalue().split("\n")[0]  # a single value has a line `...` behind it
