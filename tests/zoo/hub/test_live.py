"""The real Hugging Face Hub, for machines with internet: make test-live."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics.errors import NetworkError
from dlgenomics_zoo.hub.connection import connect
from dlgenomics_zoo.hub.errors import NoRepositoryError
from dlgenomics_zoo.hub.planning import plan_model

pytestmark = pytest.mark.live

ESM = "hf://facebook/esm2_t6_8M_UR50D"
ATLAS = "hf://kundajelab/encode-chrombpnet-ATAC-K562-ENCSR483RKN-ENCSR780QKO"


@pytest.fixture(autouse=True)
def _the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DLG_HUB_ENDPOINT", "HF_ENDPOINT", "DLG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    try:
        connect().commit("facebook/esm2_t6_8M_UR50D", "main")
    except NetworkError as error:
        pytest.skip(f"the Hugging Face Hub cannot be reached ({error.attempts[-1].reason})")


def test_a_plan_for_esm() -> None:
    plan = plan_model(ESM)
    assert (plan.route, plan.commit.license, plan.commit.gated) == ("language", "mit", False)
    assert plan.memory.parameters == pytest.approx(7.5e6, rel=0.05)
    assert re.fullmatch("[0-9a-f]{40}", plan.commit.id)
    assert all(file.sha256 or file.git_sha1 for file in plan.files)


def test_esm_prefers_the_residue_that_is_there() -> None:
    """The small subunit of ubiquitin; a masked residue of a conserved protein is recovered."""
    sequence = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
    model = get_model(ESM)
    logits = model.predict_on_batch([sequence])["logits"][0]
    words = model.inputs["tokens"].tokenizer.vocabulary
    best = [words[i] for i in logits[1:len(sequence) + 1].argmax(axis=-1)]
    assert np.mean([a == b for a, b in zip(best, sequence, strict=True)]) > 0.9


def test_the_atlas_of_chromatin_accessibility() -> None:
    plan = plan_model(ATLAS)
    assert plan.route == "keras"
    assert plan.parts["model"].startswith("fold_0/model.chrombpnet_nobias")
    found = get_model(ATLAS).predict_on_batch(np.eye(4, dtype=np.float32)[np.arange(2114) % 4][None])
    assert {array.shape for array in found.values()} == {(1, 1000), (1, 1)}


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(NoRepositoryError):
        plan_model("hf://facebook/esm2_t6_8M_UR50Z")
