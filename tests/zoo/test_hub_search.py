"""A search of the Hub tells of each model whether it can be opened here, and why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import OfflineError
from dlgenomics_zoo.hub.search import CHOOSE, search_hub
from hub import TOKEN, Hub

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def listed(hub: Hub, tiny_package: Path) -> Hub:
    """A hub with models of several kinds."""
    package = {str(path.relative_to(tiny_package)): path.read_bytes()
               for path in tiny_package.rglob("*") if path.is_file()}
    hub.publish("lab/package", package)
    hub.publish("lab/two", {"a.keras": b"PK", "b.keras": b"PK"})
    hub.publish("lab/graph", {"saved_model.pb": b"x", "variables/variables.index": b"x"})
    hub.publish("lab/pickle", {"model.pkl": b"x", "README.md": b"---\ntags: [biology]\n---\n"})
    hub.publish("other/secret", {"model.pkl": b"x"}, private=True)
    return hub


def test_each_model_has_its_route_or_a_reason(listed: Hub) -> None:
    found = {one.address: one for one in search_hub()}
    assert {address: one.route for address, one in found.items()} == {
        "hf://lab/package": "package", "hf://lab/two": CHOOSE,
        "hf://lab/graph": found["hf://lab/graph"].route, "hf://lab/pickle": ""}
    assert found["hf://lab/graph"].trust
    assert not found["hf://lab/package"].trust
    assert found["hf://lab/package"].license == "mit"
    assert "pickle" in found["hf://lab/pickle"].reason
    assert found["hf://lab/package"].bytes


def test_words_author_and_tags_choose(listed: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.address for one in search_hub("pick")] == ["hf://lab/pickle"]
    assert [one.address for one in search_hub(tags=["biology"])] == [
        "hf://lab/package", "hf://lab/pickle"]
    assert search_hub(author="other") == []
    assert len(search_hub(author="lab", limit=2)) == 2
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert len(search_hub(author="lab")) == 4


def test_a_gated_model_is_listed_as_such(hub: Hub) -> None:
    hub.publish("lab/closed", {"config.json": b"{}", "model.safetensors": b"x"}, gated=True)
    (one,) = search_hub()
    assert (one.gated, one.route) == (True, "")


def test_the_command_prints_a_table_and_json(listed: Hub, run_dlg: Dlg) -> None:
    status, out, err = run_dlg("ls", "--source", "hf", "--author", "lab")
    assert status == 0, err
    assert "hf://lab/package\tpackage" in out
    assert "none: it holds a pickles" not in out
    assert len(json.loads(run_dlg("ls", "pick", "--source", "hf", "--json")[1])) == 1
    assert run_dlg("ls", "--source", "hf", "--status", "native")[0] == 2
    assert run_dlg("ls", "--author", "lab")[0] == 2


def test_offline_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"a search needs .* Hub\. .*Unset DLG_OFFLINE"):
        search_hub("x")
    assert not hub.log


def test_a_hub_that_is_away_is_one_sentence_at_once(
        hub: Hub, run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(time, "sleep", None)  # a second attempt would call it
    monkeypatch.setenv("DLG_HUB_ENDPOINT", "http://127.0.0.1:9")
    status, out, err = run_dlg("ls", "--source", "hf")
    assert (status, out) == (1, "")
    assert "Error: a search needs the Hugging Face Hub. Received: http://127.0.0.1:9" in err
    assert "Retrying" not in err


def test_what_the_client_logs_of_its_attempts_is_not_shown(
        listed: Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    listed.answer(503, r"GET /api/models$", times=1)
    assert len(search_hub("pick")) == 1
    assert len(listed.asked(r"GET /api/models$")) == 2
    assert not [one for one in caplog.records if one.name.startswith("huggingface_hub")]
