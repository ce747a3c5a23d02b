"""The command ``dlg convert``."""

from __future__ import annotations

import dataclasses
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import (
    json_option,
    progress,
    say,
    show_json,
    show_table,
    starting_tensorflow,
)

if TYPE_CHECKING:
    from dlgenomics_zoo.imports.conversions import Outcome
    from dlgenomics_zoo.imports.convert import Wish

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(epilog=example("dlg convert dragonn/tal1 -o preserved"))
@click.argument("models", nargs=-1, metavar="NAME_OR_FILE...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="The folder; each model goes to FOLDER/NAME.")
@click.option("--list", "listed", type=_FILE, help="A text file with more of them, one a line.")
@click.option("--weights", type=_FILE, help="The weights of an architecture.")
@click.option("--port", help="The network that a PyTorch or safetensors file belongs to, such as "
              "basset or deepsea-beluga.")
@click.option("--name", help="What the model is called from now on.")
@click.option("--dna", type=click.Choice(["zeros", "quarter"]), help="The only input of a file is "
              "one-hot DNA, A C G T; N becomes this.")
@click.option("--again", is_flag=True, help="Convert those, too, that are finished.")
@length_option
@yes_option
@json_option
def convert(
    models: tuple[str, ...], output: Path, listed: Path | None, weights: Path | None,
    port: str | None, name: str | None, dna: str | None, again: bool, length: int | None,
    yes: bool, as_json: bool,
) -> None:
    """Turn models made elsewhere into packages that last: spec, weights, test arrays and card.

    NAME_OR_FILE is a name that `dlg ls` lists, a folder in Kipoi's form, a language model's folder
    (config.json, tokenizer and tensors), a Keras file of any age (HDF5, .keras, or JSON with
    --weights), a PyTorch or safetensors file with --port, or pypi:PACKAGE==VERSION/PATH. Repeated,
    it goes on where it stopped: finished models are skipped, failures are tried again.
    FOLDER/converted.tsv says what became of each. Status 1: some failed.
    """
    from dlgenomics_zoo.imports.conversions import FAILED, convert_all, read_wishes
    from dlgenomics_zoo.imports.convert import Wish

    wishes = [Wish(one, weights, port or "", name or "", dna or "") for one in models]
    wishes += read_wishes(listed) if listed else []
    _check(wishes, weights=weights, port=port, name=name)
    with starting_tensorflow():
        import keras  # noqa: F401 - its chatter is held back here
    # Each network has a function of its own, of which TensorFlow warns from the fifth on.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with progress() as following:
        found = []
        for outcome in convert_all(wishes, output, terms(length, yes, following), again=again):
            found.append(outcome)
            say(_line(outcome, len(found), len(wishes)))
    _show(found, as_json=as_json)
    if any(one.status == FAILED for one in found):
        sys.exit(1)
    say(f"Next: DLG_ZOO={output} dlg test {found[0].model}")


def _check(wishes: list[Wish], **single: object) -> None:
    if not wishes:
        raise click.UsageError("name a model or file, or a list of them with --list.")
    given = [f"--{option}" for option, value in single.items() if value]
    if len(wishes) > 1 and given:
        raise click.UsageError(f"{' and '.join(given)} is for one model. Received: {len(wishes)}.")


def _line(one: Outcome, number: int, count: int) -> str:
    return f"{number}/{count} {one.model}: {one.status}" + (f". {one.reason}" if one.reason else "")


def _show(found: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        show_json([dataclasses.asdict(one) for one in found])
        return
    show_table(("model", "status", "parameters", "licence", "seconds", "folder", "reason"),
               [(one.model, one.status, f"{one.parameters:,}" if one.parameters else "",
                 one.licence, one.seconds, one.folder, one.reason) for one in found])
