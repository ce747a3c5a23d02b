"""The command ``dlg test``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, show, show_json, starting_tensorflow

if TYPE_CHECKING:
    from dlgenomics_zoo.client import Terms

_DECIMALS = 6


@click.command(epilog=example("dlg test dragonn/tal1"))
@click.argument("name")
@click.option("--expect", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Compare with the predictions in this HDF5 file, too: preds, and inputs.")
@click.option("--published", is_flag=True, help="Compare with those that a model of Kipoi names.")
@click.option("--decimals", type=click.IntRange(0, 15), help="To which they must agree.  [default: "
              f"the descriptor's, else {_DECIMALS}]")
@length_option
@yes_option
@json_option
def test(name: str, expect: Path | None, published: bool, decimals: int | None,
         length: int | None, yes: bool, as_json: bool) -> None:
    """Verify a model: the hash of each file, and its stored inputs against its stored outputs."""
    from dlgenomics_zoo.client import fetch_model, get_model

    with progress() as following:
        agreed = terms(length, yes, following)
        manifest, folder = fetch_model(name, terms=agreed)
        path, stated = _expectation(name, agreed) if published else (expect, None)
    with starting_tensorflow():
        model = get_model(name, length=length)
    result = model.test()
    facts: dict[str, Any] = {
        "name": manifest.spec.name, "folder": folder, "examples": result.examples,
        "largest_difference": result.difference, "passed": True}
    line = (f"{manifest.spec.name}: ok ({len(manifest.package.files) + 1} files verified, "
            f"{result.examples} examples replayed, largest difference {result.difference:.2g})")
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
