"""The base of every section of a spec."""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Strict

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Strict(strict=False)]
"""A YAML list, kept as a tuple."""


class Node(BaseModel):
    """A section: unknown keys are errors, nothing is converted, nothing can be changed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )
