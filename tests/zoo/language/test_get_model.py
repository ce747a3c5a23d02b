"""A folder of a language model by `get_model`: of any size that fits, and no other."""

import json
import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / "fixtures" / "esm2"
HUGE = {"hidden_size": 5120, "intermediate_size": 20480, "num_hidden_layers": 48,
        "num_attention_heads": 40}


def test_a_folder_is_opened_by_its_path():
    from dlgenomics import get_model

    model = get_model(str(FOLDER), precision="bfloat16")
    assert model.source.location == str(FOLDER)
    assert model.predict_on_batch(["MKTA"])["embedding"].shape == (1, 6, 16)
    assert str(model.model.get_layer("up_1").kernel.dtype) == "bfloat16"


def test_what_does_not_fit_is_refused_before_anything_is_allocated(tmp_path, monkeypatch):
    from dlgenomics import get_model
    from dlgenomics_zoo.hub import memory
    from dlgenomics_zoo.hub.errors import MemoryLimitError

    monkeypatch.setattr(memory, "memory_limit", lambda: 40 * 10**9)
    folder = tmp_path / "huge"
    shutil.copytree(FOLDER, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **HUGE}))
    with pytest.raises(MemoryLimitError, match=r"60\.\d GB in float32 \(15\.1"):
        get_model(str(folder))
