"""A plan says what would be fetched and run, before it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dlgenomics_zoo.hub.errors import AmbiguousModelError, FileNotInTreeError, NoRouteError
from dlgenomics_zoo.hub.planning import plan_model
from hub import Hub
from hub_models import CARD, keras_h5, safetensors

MODEL, _, _ = keras_h5()


def test_a_plan_says_route_files_bytes_licence_and_memory(hub: Hub) -> None:
    commit = hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD, "notes.pkl": b"x"})
    plan = plan_model("hf://lab/net")
    assert (plan.route, plan.commit.id, plan.commit.license) == ("keras", commit, "mit")
    assert [file.path for file in plan.files] == ["model.h5"]
    assert plan.bytes == plan.missing == len(MODEL) == plan.memory.bytes
    assert (plan.trust, plan.commit.gated, plan.others) == ("", False, ("pickles",))
    assert str(plan.address) == f"hf://lab/net@{commit}"
    json.dumps(plan.to_data())
    assert not hub.asked("resolve|files")  # nothing of the model was fetched


@pytest.mark.parametrize(("files", "asked", "route"), [
    ({"a.keras": b"x", "b.h5": MODEL}, "", "a.keras"),
    ({"a.h5": MODEL, "sub/b.h5": MODEL}, "", "a.h5"),
    ({"a.h5": MODEL, "sub/b.h5": MODEL}, "/sub", "sub/b.h5"),
    ({"a.h5": MODEL, "b.h5": MODEL}, "#b.h5", "b.h5"),
    ({"tf_model.h5": MODEL, "x.weights.h5": MODEL, "b.hdf5": MODEL}, "", "b.hdf5"),
])
def test_which_keras_file_is_meant(hub: Hub, files: dict[str, bytes], asked: str, route: str) -> None:
    hub.publish("lab/net", files)
    plan = plan_model(f"hf://lab/net{asked}")
    assert [file.path for file in plan.files] == [route]


def test_several_candidates_are_listed_and_one_is_chosen(hub: Hub) -> None:
    hub.publish("lab/net", {"a.h5": MODEL, "b.h5": MODEL})
    with pytest.raises(AmbiguousModelError, match=r"Received: an address that fits a.h5, b.h5. Choose one") as caught:
        plan_model("hf://lab/net")
    assert caught.value.candidates == ("a.h5", "b.h5")
    assert "hf://lab/net#a.h5" in str(caught.value)


def test_candidates_in_a_subfolder_are_named_so_that_the_address_works(hub: Hub) -> None:
    hub.publish("lab/net", {"fold/a.h5": MODEL, "fold/b.h5": MODEL})
    with pytest.raises(AmbiguousModelError, match=r"hf://lab/net/fold#a.h5"):
        plan_model("hf://lab/net/fold")


@pytest.mark.parametrize(("files", "found", "todo"), [
    ({"README.md": b"hi"}, "no model file", "Look at its files"),
    ({"model.pkl": b"x", "b.joblib": b"x"}, "2 × pickles", "can run any code"),
    ({"model.safetensors": b"x"}, "safetensors", "dlg convert FILE --port"),
    ({"net.pth": b"x"}, "PyTorch checkpoints", "dlg convert FILE --port"),
    ({"flax_model.msgpack": b"x"}, "Flax weights", "safetensors or Keras"),
    ({"tf_model.h5": b"x"}, "TensorFlow classes, which are gone", "Choose"),
])
def test_what_nothing_opens_is_explained(
    hub: Hub, files: dict[str, bytes], found: str, todo: str
) -> None:
    hub.publish("lab/net", files)
    with pytest.raises(NoRouteError) as caught:
        plan_model("hf://lab/net")
    assert found in str(caught.value)
    assert todo in str(caught.value)


def test_a_file_or_folder_that_is_not_there_is_said_before_any_request_for_it(hub: Hub) -> None:
    hub.publish("lab/net", {"model.h5": MODEL})
    with pytest.raises(FileNotInTreeError, match=r"Received: 'modell.h5'. Did you mean 'model.h5'"):
        plan_model("hf://lab/net#modell.h5")
    with pytest.raises(NoRouteError, match="no folder 'fold_9'"):
        plan_model("hf://lab/net/fold_9")
    assert not hub.asked("resolve")


def test_memory_is_read_from_the_heads_of_safetensors(hub: Hub) -> None:
    weights = safetensors({"a": np.zeros((300, 400)), "b": np.zeros(24_000)})
    hub.publish("lab/net", {"config.json": b'{"model_type": "unheard_of"}', "model.safetensors": weights})
    plan = plan_model("hf://lab/net")
    assert (plan.route, plan.memory.parameters, plan.memory.bytes) == ("transformers", 144_000, 576_000)
    (asked,) = hub.asked("/files/")
    assert asked.headers["range"] == "bytes=0-100000"  # of half a megabyte


def test_a_head_that_names_more_than_the_file_holds_is_refused(hub: Hub) -> None:
    head = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    bomb = len(head).to_bytes(8, "little") + head
    hub.publish("lab/net", {"config.json": b'{"model_type": "unheard_of"}', "model.safetensors": bomb})
    with pytest.raises(Exception, match=r"1,099,511,627,776 numbers in \d+ bytes. Do not use"):
        plan_model("hf://lab/net")


@pytest.mark.parametrize("head", [(2**60).to_bytes(8, "little") + b"{}", b"\x02", b"\x05\0\0\0\0\0\0\0{]}{["])
def test_a_head_that_is_none_is_refused(hub: Hub, head: bytes) -> None:
    hub.publish("lab/net", {"config.json": b'{"model_type": "unheard_of"}', "model.safetensors": head})
    with pytest.raises(Exception, match=r"must begin with a head|Do not use this file|must be a safetensors file. Received: 1 bytes"):
        plan_model("hf://lab/net")
