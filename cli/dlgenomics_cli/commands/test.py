"""The command ``dlg test``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.downloads import length_option, terms, trust_option, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, show, show_json
from dlgenomics_cli.programs import load, packaged

if TYPE_CHECKING:
    from dlgenomics.package.manifest import Manifest
    from dlgenomics.predict.model import Model
    from dlgenomics_zoo.client import Terms
    from dlgenomics_zoo.trusted.program import Program

_DECIMALS = 6


@click.command(epilog=example("dlg test dragonn/tal1"))
@click.argument("name")
@click.option("--expect", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Compare with the predictions in this HDF5 file, too: preds, and inputs.")
@click.option("--published", is_flag=True, help="Compare with those that a model of Kipoi names.")
@click.option("--decimals", type=click.IntRange(0, 15), help="To which they must agree.  [default: "
              f"the descriptor's, else {_DECIMALS}]")
@trust_option
@length_option
@yes_option
@json_option
def test(name: str, expect: Path | None, published: bool, decimals: int | None, trust: bool,
         length: int | None, yes: bool, as_json: bool) -> None:
    """Verify a model: the hash of each file, and its stored inputs against its stored outputs.

    One that runs only as code of its authors, with --trust, predicts its dataloader's example.
    """
    with progress() as following:
        agreed = terms(length, yes, following)
        found = packaged(name, agreed, trust=trust)
        path, stated = _expectation(name, agreed) if published else (expect, None)
        model = load(name, agreed, trust=found is None)
    facts, line = _ran(model, path) if found is None else _replayed(model, *found)
    if path is not None:
        from dlgenomics_zoo.expectation import compare

        agreement = compare(model, path, next(
            one for one in (decimals, stated, _DECIMALS) if one is not None))
        facts |= {"published_examples": agreement.examples,
                  "published_difference": agreement.difference}
        line += (f"; {agreement.examples} published predictions agree to {agreement.decimals} "
                 f"decimals, largest difference {agreement.difference:.2g}")
    if as_json:
        show_json(facts)
    else:
        show(line)


def _replayed(model: Model, manifest: Manifest, folder: Path) -> tuple[dict[str, Any], str]:
    result = model.test()
    facts = {"name": manifest.spec.name, "folder": folder, "examples": result.examples,
             "largest_difference": result.difference, "passed": True}
    return facts, (
        f"{manifest.spec.name}: ok ({len(manifest.package.files) + 1} files verified, "
        f"{result.examples} examples replayed, largest difference {result.difference:.2g})")


def _ran(program: Program, expected: Path | None) -> tuple[dict[str, Any], str]:
    """Run a program for its example, if its predictions are not to be compared with others."""
    if expected is not None:
        return {"name": program.name, "passed": True}, f"{program.name}: ok"
    from dlgenomics.predict.nested import leaves

    count = len(next(leaves(program.pipeline.predict_example()))[1])
    return ({"name": program.name, "examples": count, "passed": True},
            f"{program.name}: ok ({count} rows of its example predicted)")


def _expectation(name: str, agreed: Terms) -> tuple[Path, int]:
    from dlgenomics.errors import DlgError
    from dlgenomics_zoo.catalogue import kipoi_descriptor
    from dlgenomics_zoo.expectation import published

    descriptor = kipoi_descriptor(name)
    path = published(descriptor, agreed)
    if path is None:
        raise DlgError(f"predictions must be published with a model to be compared. Received: "
                       f"{name!r}, whose descriptor names none. Give a file: --expect FILE")
    return path, descriptor.precision
