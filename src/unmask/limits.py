"""Limits: what one file may cost wherever bytes are decoded that anybody may have made."""

from typing import Annotated, Any

from pydantic import Field

from unmask import sandbox
from unmask.params import Section


class Limits(Section):
    """The section `limits` of `params.yaml`.

    Attributes:
        max_seconds: Wall-clock seconds that one file may take.
        max_megabytes: Memory that one file may take.
        max_pixels: Pixels that one frame or picture may have.
    """

    max_seconds: Annotated[float, Field(gt=0)]
    max_megabytes: Annotated[int, Field(ge=64)]
    max_pixels: Annotated[int, Field(ge=1, le=2**31 - 1)]

    @property
    def of_call(self) -> sandbox.Limits:
        """Give what the sandbox is told; the function that runs in it must heed the pixels itself."""
        return sandbox.Limits(self.max_seconds, self.max_megabytes)

    def call(self, function: sandbox.Function | str, args: dict[str, Any]) -> tuple[Any, sandbox.Blobs]:
        """Run a function in the sandbox within these limits.

        Args:
            function: A function with a parameter `max_pixels`, or its `module:name`.
            args: Its other keyword arguments, JSON-like.

        Returns:
            What it returned.

        Raises:
            VideoError: As of `unmask.sandbox.call`.
        """
        return sandbox.call(function, args | {"max_pixels": self.max_pixels}, self.of_call)
