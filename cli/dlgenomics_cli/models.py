"""How ``info`` and ``get-model`` describe a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgenomics_cli.output import size_text

if TYPE_CHECKING:
    from dlgenomics.package.manifest import Manifest


def facts_of(manifest: Manifest, folder: Path, source: str) -> dict[str, Any]:
    """Return a model's facts in the order in which a person reads them."""
    from dlgenomics.spec.summary import summarize
    from dlgenomics_zoo.catalogue import folder_size

    spec, package = manifest.spec, manifest.package
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
        "output": "; ".join(f"{name} {_shape(spec.data.output_shape(name))}: {_few(t.names)}"
                            for name, t in spec.data.targets.items()),
        "parameters": f"{summarize(spec).parameters:,}",
        "test metrics": _metrics(package.training.get("metrics", {}).get("test", {})),
        "made by": package.command,
        "source": source,
        "folder": folder,
        "size": size_text(folder_size(folder)),
    }


def _shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join(['batch', *map(str, shape)])})"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (f" … ({len(names)})" if len(names) > 6 else "")


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
