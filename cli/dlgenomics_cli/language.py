"""What the commands for language models share: options, and the model after its first checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dlgenomics_cli.downloads import agreement, ignore_memory_option, yes_option
from dlgenomics_cli.output import progress, say, starting_tensorflow

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model
    from dlgenomics.spec.tokenizer import Tokenizer
    from dlgenomics.spec.types import Spec
    from dlgenomics_zoo.terms import Precision

_OPTIONS: Final = (
    click.option("--sequences", required=True, type=click.Path(), help="A FASTA of sequences: "
                 "plain, gzip or bgzip; - is standard input."),
    click.option("--precision", type=click.Choice(["float32", "bfloat16"]), default="float32",
                 show_default=True, help="Of the network's numbers; bfloat16 takes half the memory "
                 "and keeps three digits."),
    click.option("--batch-tokens", type=click.IntRange(1), default=8192, show_default=True,
                 help="Tokens that go through the network at once, padding included."),
    ignore_memory_option,
    yes_option,
)


def language_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of input and network."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Opening:
    """How a language model is opened."""

    name: str
    precision: Precision
    yes: bool
    ignore_memory: bool = False

    def known_spec(self) -> Spec | None:
        """Return the model's spec where it can be told before TensorFlow starts: from its folder.

        Raises:
            DlgError: its files are not what they must be.
        """
        from dlgenomics.package.manifest import MANIFEST, read_manifest
        from dlgenomics_zoo.language.load import is_language_model, language_model_spec

        folder = Path(self.name).expanduser()
        if (folder / MANIFEST).is_file():
            return read_manifest(folder).spec
        return language_model_spec(folder) if is_language_model(folder) else None

    def model(self) -> Model:
        """Return the model; a licence that forbids commercial use is said loudly."""
        from dlgenomics_zoo.fetch import is_noncommercial

        with starting_tensorflow():
            import dlgenomics.package.read  # noqa: F401 - takes the seconds in here
            from dlgenomics_zoo.client import get_model
        with progress() as following:
            found: Any = get_model(self.name, confirm=agreement(self.yes), progress=following,
                                   precision=self.precision, ignore_memory=self.ignore_memory)
        licence = found.spec.license or ""
        if is_noncommercial(licence):
            say(f"WARNING: NON-COMMERCIAL USE ONLY. The licence of {found.name} is {licence}.")
        model: Model = found
        return model


def note_unknown(count: int, odd: tuple[str, str] | None, tokenizer: Tokenizer) -> None:
    """Say how many tokens are not in a model's vocabulary, if any; ``odd`` is the first of them."""
    if count:
        are = "letter is" if count == 1 else "letters are"
        first = f", first {odd[0]!r} in sequence {odd[1]!r}" if odd else ""
        say(f"Note: {count:,} {are} not in the model's vocabulary, and read as "
            f"{tokenizer.unknown}{first}.")


def parsed_layer(_context: Any, _option: Any, value: str | None) -> str | int | None:
    """Return a layer's number or name."""
    return int(value) if value is not None and value.isdecimal() else value
