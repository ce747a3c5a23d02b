"""The card of a package: what people read, and what the Hugging Face Hub reads and validates."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from dlgenomics.package.front_matter import front_matter
from dlgenomics.package.manifest import read_manifest
from dlgenomics.spec import parse_spec
from dlgenomics.spec.types import Info, Spec

SPEC = """
spec: 1
name: lab/small
task: binary_classification
data:
  inputs: {dna: {kind: dna, length: 8}}
  targets: {bound: {column: bound}}
model:
  layers: [Flatten, Dense: {units: 1}]
"""


def _spec(**changes: Any) -> Spec:
    return parse_spec(SPEC).model_copy(update=changes)


def test_the_hub_reads_the_front_matter(tiny_package: Path) -> None:
    from huggingface_hub import ModelCard

    data = ModelCard((tiny_package / "README.md").read_text()).data
    found = {result.metric_type: result.metric_value for result in data.eval_results}
    stored = read_manifest(tiny_package).package.training["metrics"]["test"]["bound"]
    assert found == {name: round(value, 4) for name, value in stored.items()}
    assert data.metrics == list(found)


@pytest.mark.parametrize(("written", "expected"), [
    ("GPL-3.0-or-later", {"license": "gpl-3.0"}),
    ("CC BY-NC 4.0", {"license": "cc-by-nc-4.0"}),
    ("GenBio AI Community License", {"license": "other",
                                     "license_name": "genbio-ai-community-license"}),
    (None, {}),
])
def test_licences_get_the_names_of_the_hub(written: str | None, expected: dict[str, str]) -> None:
    found = front_matter(_spec(license=written), {})
    assert {key: found[key] for key in ("license", "license_name") if key in found} == expected


def test_a_fine_tuned_model_names_its_base_and_data() -> None:
    spec = _spec(info=Info(datasets=("lab/peaks",)))
    record = {"members": [{"name": "hf://lab/base@v1", "sha256": "0"}, {"name": "own/model"}],
              "metrics": {"test": {"y": {"auroc": math.nan, "auprc": None}}}}
    found = front_matter(spec, record)
    assert found["base_model"] == ["lab/base"]
    assert found["datasets"] == ["lab/peaks"]
    assert "model-index" not in found


def test_it_says_which_layers_keras_lacks() -> None:
    from dlgenomics.package.card import model_card

    card = model_card(_spec(), {}, "dlg x", own_classes=["Scale"], address="hf://lab/one@v2")
    assert "`Scale`" in card
    assert "import dlgenomics.build" in card
    assert 'get_model("hf://lab/one@v2")' in card
    assert "without dlgenomics" in model_card(_spec(), {}, "dlg x")
