"""How ``info`` and ``get-model`` describe a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgenomics_cli.output import size_text

if TYPE_CHECKING:
    from dlgenomics.package.manifest import Manifest
    from dlgenomics.spec.types import Spec


def facts_of(manifest: Manifest, folder: Path, source: str) -> dict[str, Any]:
    """Return a model's facts in the order in which a person reads them."""
    package = manifest.package
    return {
        **_of_spec(manifest.spec),
        "test metrics": _metrics(package.training.get("metrics", {}).get("test", {})),
        "made by": package.command,
        **_of_place(folder, source),
    }


def language_facts(folder: Path, source: str) -> dict[str, Any]:
    """Return the facts of a language model as transformers has it, in the same order."""
    from dlgenomics_zoo.language.load import language_model_spec

    return {**_of_spec(language_model_spec(folder)), **_of_place(folder, source)}


def _of_spec(spec: Spec) -> dict[str, Any]:
    from dlgenomics.spec.summary import summarize

    return {
        "model": spec.name,
        "description": spec.description,
        "task": spec.task,
        "licence": spec.license or "not stated",
        "citation": spec.cite or "",
        "authors": ", ".join(author.name for author in spec.info.authors),
        "trained on": spec.info.trained_on or "",
        "input": "; ".join(
            f"{name} {_shape(one.shape)}: {one.doc}" for name, one in spec.data.inputs.items()),
        "output": "; ".join(
            f"{name} {_shape(spec.data.output_shape(name))}{_few(target.names)}"
            for name, target in spec.data.targets.items()),
        "parameters": f"{summarize(spec).parameters:,}",
    }


def _of_place(folder: Path, source: str) -> dict[str, Any]:
    from dlgenomics_zoo.catalogue import folder_size

    return {"source": source, "folder": folder, "size": size_text(folder_size(folder))}


def _shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join(['batch', *('tokens' if n is None else str(n) for n in shape)])})"


def _few(names: tuple[str, ...]) -> str:
    """Return the first names; none where they only count the columns."""
    if all(name.isdecimal() for name in names):
        return ""
    more = f" … ({len(names)})" if len(names) > 6 else ""
    return f": {', '.join(names[:6])}{more}"


def _metrics(test: dict[str, dict[str, float | None]]) -> str:
    return "; ".join(
        f"{target} " + ", ".join(f"{k} {v:.4f}" for k, v in values.items() if v is not None)
        for target, values in test.items())


def manifest_data(manifest: Manifest, folder: Path, source: str) -> dict[str, Any]:
    """Return a model's whole manifest as plain data."""
    return {
        **manifest.spec.to_data(),
        "package": manifest.package.model_dump(by_alias=True, mode="json"),
        "sha256": manifest.sha256,
        "source": source,
        "folder": str(folder),
    }
