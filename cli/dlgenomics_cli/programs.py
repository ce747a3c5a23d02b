"""Models that may run code of their authors: loaded after what runs was said, and described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlgenomics_cli.output import starting_tensorflow

if TYPE_CHECKING:
    from pathlib import Path

    from dlgenomics.package.manifest import Manifest
    from dlgenomics_zoo.client import Terms
    from dlgenomics_zoo.trusted.program import Program


def load(name: str, terms: Terms, *, trust: bool) -> Any:
    """Return a model, as `dlgenomics.get_model` does.

    TensorFlow's chatter is held back; what runs with trust is said on standard error.
    """
    with starting_tensorflow():
        import dlgenomics.package.read  # noqa: F401 - takes the seconds in here
        from dlgenomics_zoo.client import get_model

    return get_model(name, trust=trust, length=terms.length, confirm=terms.confirm,
                     progress=terms.progress)


def packaged(name: str, terms: Terms, output: Path | None = None, *,
             trust: bool) -> tuple[Manifest, Path] | None:
    """Return a model's manifest and folder; None for one that runs only as code, with trust.

    Args:
        name: the model.
        terms: on what terms it is fetched.
        output: where a copy goes.
        trust: whether code may run.
    """
    from dlgenomics_zoo.client import UNREAD, fetch_model, runs_with_trust

    try:
        return fetch_model(name, output, terms)
    except UNREAD as error:
        if not trust or not runs_with_trust(error):
            raise
        return None


def program_facts(program: Program) -> dict[str, Any]:
    """Return what is known of a program, in the order in which a person reads it."""
    from dlgenomics_zoo.kipoi.files import licence_text

    schema, loader = program.schema, program.dataloader
    return {
        "model": program.name,
        "runs": f"{program.type}, code of its authors",
        "licence": licence_text(program.info),
        "citation": program.info.cite,
        "authors": ", ".join(one.name for one in program.info.authors),
        "input": "; ".join(f"{name} {one.shape}" for name, one in schema.inputs.items()),
        "output": "; ".join(f"{name} {one.shape}" for name, one in schema.targets.items()),
        "dataloader": loader and f"{loader.name}({', '.join(loader.args)})",
        "source": program.source,
    }
