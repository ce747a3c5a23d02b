"""``dlg push`` says what it would do, does it, and says what was done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hub import TOKEN, Hub

Dlg = Callable[..., tuple[int, str, str]]


def test_a_dry_run_changes_nothing(run_dlg: Dlg, hub: Hub, tiny_package: Path) -> None:
    status, out, err = run_dlg("push", tiny_package, "hf://lab/net", "--dry-run")
    assert status == 0
    assert "+ model.yaml" in out.splitlines()
    assert "Nothing was changed" in err
    assert hub.repositories == {}
    assert all(one.method in ("GET", "HEAD") for one in hub.log)


def test_a_push_says_where_the_model_is(run_dlg: Dlg, hub: Hub, tiny_package: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    status, out, err = run_dlg("push", tiny_package, "hf://lab/net", "--tag", "v1", "--json")
    found = json.loads(out)
    assert status == 0, err
    assert found["address"] == "hf://lab/net@v1"
    assert found["commit"] == hub.repositories["lab/net"].head
    assert "Next:" not in out
    _, out, _ = run_dlg("push", tiny_package, "hf://lab/net", "--tag", "v1")
    assert "nothing: it was there already" in out


@pytest.mark.parametrize(("address", "says"), [
    ("lab/net", "hf://org/name"), ("hf://net", "hf://org/name"), ("hf://lab/net#x", "whole"),
    ("hf://other/net", "403|401"),
])
def test_an_honest_mistake_is_a_sentence(run_dlg: Dlg, hub: Hub, tiny_package: Path, address: str,
                                         says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    status, out, err = run_dlg("push", tiny_package, address)
    assert (status, out) == (1, "")
    assert re.search(says, err)
    assert "Traceback" not in err
