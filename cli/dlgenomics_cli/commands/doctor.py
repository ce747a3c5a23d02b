"""The command ``dlg doctor``."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlgenomics_cli.donors import packaged_model
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json

if TYPE_CHECKING:
    from dlgenomics.doctor import Finding


@click.command(epilog=example("dlg doctor dragonn/tal1 --data data"))
@click.argument("spec")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False),
              help="Folder where the spec's relative paths start; without it, only the spec is "
              "looked at.")
@json_option
def doctor(spec: str, data: Path | None, as_json: bool) -> None:
    """Say before training what will go wrong, why, and what to do.

    SPEC is a YAML file or the name of a built-in spec. An error makes results wrong (exit status
    1), a warning makes them doubtful or poor, a hint says what is usual. Starts no TensorFlow.
    """
    from dlgenomics.doctor import examine
    from dlgenomics.errors import DlgError
    from dlgenomics.files import open_text
    from dlgenomics.registry import registry

    path = registry[spec].path
    with open_text(path, "the spec") as stream:
        text = stream.read()
    findings = examine(text, str(path), data, packaged_model)
    if as_json:
        show_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _show(finding, path)
        show(_sum(findings))
        if data is None:
            say("Only the spec was looked at; add --data FOLDER to look at the examples too.")
    if any(finding.severity == "error" for finding in findings):
        raise DlgError("a spec and its data must be free of errors. Received: those listed above.")


def _show(finding: Finding, path: Path) -> None:
    show(f"{finding.severity}: {finding.what}")
    show(f"  why   {finding.why}")
    show(f"  do    {finding.advice}")
    show(f"  where {path}:{finding.line}:{finding.column}\n")


def _sum(findings: list[Finding]) -> str:
    from dlgenomics.doctor import SEVERITIES

    counts = Counter(finding.severity for finding in findings)
    shown = [f"{counts[s]} {s}{'' if counts[s] == 1 else 's'}" for s in SEVERITIES if counts[s]]
    return ", ".join(shown) or "Nothing found."
