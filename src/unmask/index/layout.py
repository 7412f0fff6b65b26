"""The base of every layout's options."""

from unmask.params import Section


class Layout(Section):
    """Options of a layout; a subclass narrows `layout` to its own name and adds fields.

    Attributes:
        layout: Name of the module below `unmask.index.layouts`.
    """

    layout: str
