"""The head of a model card: what the Hugging Face Hub reads of it, finds it by and validates."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from dlgenomics.spec.metrics import metric_fact
from dlgenomics.spec.types import Spec

HUB: Final = "hf://"
"""What the name of a model on the Hub begins with."""

_LICENCES: Final = frozenset({
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "bsl-1.0", "cc", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0",
    "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0",
    "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "gfdl", "gpl", "gpl-2.0", "gpl-3.0",
    "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl", "ofl-1.1",
    "openrail", "osl-3.0", "pddl", "postgresql", "unlicense", "wtfpl", "zlib",
})
"""Licences that the Hub knows by these names; it takes others under a name of their own."""


def front_matter(spec: Spec, training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the front matter as plain data.

    Args:
        spec: the resolved spec.
        training: the package's training record, with ``metrics`` by part, target and name.
    """
    found: dict[str, Any] = {"library_name": "keras", **_licence(spec.license or "")}
    bases = _base_models(spec, training)
    if bases:
        found["base_model"] = bases
    found["pipeline_tag"] = "other"  # there is no task of the genome among the Hub's
    found["tags"] = list(dict.fromkeys(["genomics", "biology", "dlgenomics", *spec.info.tags]))
    if spec.info.datasets:
        found["datasets"] = list(spec.info.datasets)
    results = _results(spec, training)
    if results:
        found["metrics"] = list(dict.fromkeys(
            metric["type"] for one in results for metric in one["metrics"]))
        found["model-index"] = [{"name": spec.name, "results": results}]
    return found


def _licence(text: str) -> dict[str, str]:
    """Return the Hub's keys for a licence, such as ``MIT``, ``GPL-3.0-or-later`` or a name.

    >>> _licence("CC BY-NC 4.0")
    {'license': 'cc-by-nc-4.0'}
    >>> _licence("GenBio AI Community License")
    {'license': 'other', 'license_name': 'genbio-ai-community-license'}
    """
    if not text:
        return {}
    name = re.sub(r"[^a-z0-9.]+", "-", text.casefold()).strip("-")
    known = re.sub(r"-(only|or-later)$", "", name)
    if known in _LICENCES:
        return {"license": known}
    return {"license": "other", "license_name": name}


def _base_models(spec: Spec, training: Mapping[str, Any]) -> list[str]:
    """Return the repositories on the Hub whose weights this model began with."""
    origins = [*(one.model for one in spec.training.pretrained),
               *(one["name"] for one in training.get("members", ())),
               training.get("imported", {}).get("model", "")]
    return list(dict.fromkeys(
        re.split(r"[@#]", one.removeprefix(HUB))[0] for one in origins if one.startswith(HUB)))


def _results(spec: Spec, training: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics on the test set by target, in the form of a model index."""
    test = training.get("metrics", {}).get("test", {})
    dataset = {"type": "other", "name": spec.info.trained_on or "held-out test set"}
    found = []
    for target, values in test.items():
        metrics = [{"type": name, "name": metric_fact(name).title, "value": round(value, 4)}
                   for name, value in values.items() if value is not None and math.isfinite(value)]
        task = spec.task.replace("_", " ") + (f", {target}" if len(test) > 1 else "")
        if metrics:
            found.append({"task": {"type": "other", "name": task}, "dataset": dataset,
                          "metrics": metrics})
    return found
