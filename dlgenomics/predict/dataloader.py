"""What opens loaders: arguments that can be listed and checked, an example, a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.schema import LoaderSchema


@dataclass(frozen=True)
class LoaderArgument:
    """One argument of a dataloader."""

    name: str
    doc: str = ""
    required: bool = False
    default: Any = None
    example: Any = None


@dataclass(frozen=True)
class Dataloader:
    """Call it with arguments to open a `Loader`; Kipoi's dataloader classes are used alike.

    Attributes:
        name: such as ``SeqIntervalDl``.
        arguments: what it takes, in order.
        open: arguments, unchecked → the loader; raises `DlgError` for those that do not fit.
        schema: what its batches hold.
        example: returns arguments for which all files are here, given the folder for those that
            are fetched (None is the cache); raises `DlgError` where there is no example.
    """

    name: str
    arguments: tuple[LoaderArgument, ...]
    open: Callable[[Mapping[str, Any]], Loader]
    schema: LoaderSchema
    example: Callable[[str | None], dict[str, Any]]

    def __call__(self, **arguments: Any) -> Loader:
        """Open the loader.

        Raises:
            DlgError: an argument is unknown or missing; the message lists what there is.
            DataError: a file is not what it must be.
        """
        return self.open(arguments)

    def __repr__(self) -> str:
        return f"<{self.name}({', '.join(one.name for one in self.arguments)})>"

    @property
    def args(self) -> dict[str, LoaderArgument]:
        """The arguments by name."""
        return {one.name: one for one in self.arguments}

    @property
    def example_kwargs(self) -> dict[str, Any]:
        """The arguments of the example; its files are fetched into the cache."""
        return self.example(None)

    def init_example(self) -> Loader:
        """Open the loader for the files of its example."""
        return self(**self.example_kwargs)

    def download_example(self, output_dir: str) -> dict[str, Any]:
        """Put the files of the example into a folder; return the arguments that name them."""
        return self.example(output_dir)

    def print_args(self) -> None:
        """Print what it takes."""
        print(describe_arguments(self.arguments))  # noqa: T201 - what Kipoi's method does

    def get_output_schema(self) -> LoaderSchema:
        """Return what its batches hold."""
        return self.schema


def describe_arguments(arguments: Sequence[LoaderArgument]) -> str:
    """Return arguments as text: name, what it is, default or example."""
    lines = []
    for one in arguments:
        lines.append(f"{one.name}:")
        lines += [f"    doc: {one.doc}"] if one.doc else []
        lines.append("    required" if one.required else f"    default: {one.default!r}")
        lines += [f"    example: {one.example}"] if one.example is not None else []
    return "\n".join(lines)


def check_arguments(
    name: str, known: Sequence[LoaderArgument], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all arguments: those given, and the defaults of the others.

    Args:
        name: the dataloader's, for messages.
        known: what it takes.
        given: by name.

    Raises:
        DlgError: one is unknown or missing.
    """
    names = [one.name for one in known]
    for argument in given:
        if argument not in names:
            raise DlgError(f"the dataloader {name} takes {', '.join(names)}. "
                           f"Received: {argument!r}.{did_you_mean(argument, names)}")
    missing = [one.name for one in known if one.required and one.name not in given]
    if missing:
        needed = ", ".join(one.name for one in known if one.required)
        raise DlgError(f"the dataloader {name} needs {needed}. Received: no "
                       f"{' and no '.join(missing)}. It takes {', '.join(names)}.")
    return {**{one.name: one.default for one in known}, **given}
