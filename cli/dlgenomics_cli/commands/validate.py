"""The command ``dlg validate``."""

from __future__ import annotations

import dataclasses

import click

from dlgenomics_cli.donors import packaged_model
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, say, show, show_json


@click.command(epilog=example("dlg validate dragonn/tal1"))
@click.argument("specs", nargs=-1, required=True)
@json_option
def validate(specs: tuple[str, ...], as_json: bool) -> None:
    """Check specs, and each value that they search with, and report every problem with its line.

    SPECS are YAML files, or names of built-in specs. Starts no TensorFlow.
    """
    from dlgenomics.errors import DlgError, SpecError, plural
    from dlgenomics.files import open_text
    from dlgenomics.registry import registry
    from dlgenomics.search.check import check_search_values
    from dlgenomics.spec import spec_warnings

    results = []
    for name in specs:
        path = registry[name].path
        with open_text(path, "the spec") as stream:
            text = stream.read()
        try:
            warnings, problems = spec_warnings(text, str(path), packaged_model), []
            check_search_values(text, str(path), packaged_model)
        except SpecError as error:
            warnings, problems = [], list(error.problems)
        results.append({
            "spec": str(path), "valid": not problems,
            "problems": [dataclasses.asdict(p) for p in problems],
            "warnings": [dataclasses.asdict(w) for w in warnings],
        })
        if not as_json:
            for problem in problems:
                say(str(problem))
            for warning in warnings:
                say(f"{warning} (warning)")
            show(f"{path}: {'ok' if not problems else plural(len(problems), 'problem')}")
    if as_json:
        show_json(results)
    if not all(result["valid"] for result in results):
        raise DlgError("every spec must be valid. Received: problems, listed above.")
