"""What `params.yaml` says about corpora: which layout reads each, with the layout's own options."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import ConfigDict, Field, RootModel, field_validator

from unmask.index.layout import Layout
from unmask.wording import plain_name

NAMES = tuple(sorted(path.stem for path in (Path(__file__).parent / "layouts").glob("[a-z]*.py")))

if TYPE_CHECKING:
    AnyLayout = Layout
else:
    OPTIONS = tuple(import_module(f"unmask.index.layouts.{name}").Options for name in NAMES)
    AnyLayout = Annotated[Union[OPTIONS], Field(discriminator="layout")]  # noqa: UP007


class Corpora(RootModel[dict[str, AnyLayout]]):
    """The corpora that are read, by name; each is the folder or link `data/00_raw/<name>`."""

    model_config = ConfigDict(frozen=True)

    @field_validator("root")
    @classmethod
    def _names(cls, root: dict[str, Layout]) -> dict[str, Layout]:
        """Names become folders, parts of keys and names of stages."""
        for name in root:
            plain_name(name)
            root[name].check_beside(root)
        return root
