"""What ``dlg predict`` takes besides files, as Kipoi's: what feeds, what runs, what is kept."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.downloads import trust_option
from dlgenomics_cli.inputs import open_inputs
from dlgenomics_cli.output import starting_tensorflow
from dlgenomics_cli.programs import load

if TYPE_CHECKING:
    from dlgenomics.predict.loaders.loader import Loader
    from dlgenomics_zoo.client import Terms


@dataclass(frozen=True)
class Feeding:
    """How a model is fed and run.

    Attributes:
        dataloader_args: of the model's own dataloader; None where files are named by options.
        layer: whose output is written instead of predictions: a name, or a number from 1.
        keep_inputs, keep_metadata: whether these are written too.
        num_workers: batches that are read ahead; 0 reads and computes in turn.
        trust: whether code of the model's authors may run.
    """

    dataloader_args: dict[str, Any] | None
    layer: str | int | None
    keep_inputs: bool
    keep_metadata: bool
    num_workers: int
    trust: bool

    @property
    def by_its_own_loader(self) -> bool:
        """Whether the dataloader that the model came with is used."""
        return self.trust or self.dataloader_args is not None


def read_arguments(_context: Any, _option: Any, value: str | None) -> dict[str, Any] | None:
    """Return the arguments of a dataloader: JSON, or a file that holds it."""
    if value is None:
        return None
    text = value
    if not value.lstrip().startswith("{"):
        if not Path(value).is_file():
            raise click.BadParameter("it must be JSON such as '{\"fasta_file\": \"genome.fa\"}', "
                                     f"or a file that holds it. Received: {value[:80]!r}.")
        text = Path(value).read_text(encoding="utf-8")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"it must be valid JSON. Received: {error}.") from error
    if not isinstance(found, dict):
        raise click.BadParameter("it must hold arguments by name, {\"name\": value}. Received: "
                                 f"{text.strip()[:80]}.")
    return found


def _layer(_context: Any, _option: Any, value: str | None) -> str | int | None:
    return int(value) if value is not None and value.isdecimal() else value


_OPTIONS = (
    click.option("--dataloader-args", callback=read_arguments, help="Instead of files: arguments "
                 "of the model's own dataloader, as JSON or a file that holds it."),
    click.option("--layer", callback=_layer, help="Write the output of this layer, by name or "
                 "by number from 1, instead of predictions."),
    click.option("--keep-inputs", is_flag=True, help="Write inputs and targets, too."),
    click.option("--keep-metadata", is_flag=True, help="Write the loader's metadata, too."),
    click.option("--workers", "--num-workers", "num_workers", type=click.IntRange(0), default=2,
                 show_default=True, help="Batches that are read ahead, as many at least as are "
                 "computed at once (2, or --devices); 0 reads and computes in turn."),
    trust_option,
)


def feeding_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them as one argument, ``feeding``."""
    names = Feeding.__dataclass_fields__

    @functools.wraps(command)
    def with_feeding(**given: Any) -> None:
        command(**{name: value for name, value in given.items() if name not in names},
                feeding=Feeding(**{name: given[name] for name in names}))

    wrapped: Callable[..., None] = with_feeding
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def open_model(name: str, files: dict[str, Any], feeding: Feeding, terms: Terms,
               ) -> tuple[Any, Loader]:
    """Return a model, and the loader of some files or arguments: ours, or the one it came with."""
    if feeding.by_its_own_loader:
        model = load(name, terms, trust=feeding.trust)
        return model, model.default_dataloader(**files)
    from dlgenomics.package.manifest import read_manifest
    from dlgenomics_zoo.client import open_package

    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    folder, _ = open_package(name, terms)
    loader = open_inputs(read_manifest(folder).spec.data.inputs, files, terms.progress)
    with starting_tensorflow():
        from dlgenomics_zoo.client import get_model

        return get_model(folder), loader
