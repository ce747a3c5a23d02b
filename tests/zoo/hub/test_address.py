"""``hf://`` addresses: what they mean, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics_zoo.hub.address import Address, is_plain_path, parse_address
from dlgenomics_zoo.hub.errors import AddressError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(("text", "expected"), [
    ("hf://lab/net", Address("lab/net")),
    ("hf://lab/net/", Address("lab/net")),
    ("hf://lab/net@v1.0", Address("lab/net", "v1.0")),
    (f"hf://lab/net@{COMMIT}", Address("lab/net", COMMIT)),
    ("hf://lab/net@refs/pr/12", Address("lab/net", "refs/pr/12")),
    ("hf://lab/net@refs/pr/12/fold_0", Address("lab/net", "refs/pr/12", "fold_0")),
    ("hf://lab/net@feature%2Fx/sub", Address("lab/net", "feature/x", "sub")),
    ("hf://lab/net/fold_0/deep", Address("lab/net", "main", "fold_0/deep")),
    ("hf://lab/net#model.h5", Address("lab/net", file="model.h5")),
    ("hf://lab/net@v1/fold_0#a b#c.h5", Address("lab/net", "v1", "fold_0", "a b#c.h5")),
    ("hf://InstaDeepAI/nucleotide-transformer-500m_x.y", Address("InstaDeepAI/nucleotide-transformer-500m_x.y")),
])
def test_an_address_is_read_and_written(text: str, expected: Address) -> None:
    assert parse_address(text) == expected
    assert parse_address(str(expected)) == expected


@pytest.mark.parametrize("text", [
    "", "hf://", "hf:/lab/net", "lab/net", "hf://net", "hf:///net", "hf://lab/", "hf://lab//sub", "hf://-lab/net",
    "hf://lab/net.", "hf://lab/a..b", "hf://lab/a--b", "hf://lab/nét", "hf://lab/net@", "hf://lab/net@a b",
    "hf://lab/net@../x", "hf://lab/net/../x", "hf://lab/net/a//b", "hf://lab/net#../x", "hf://lab/net#/etc/passwd",
    "hf://lab/net#C:/x", "hf://lab/net#a\\b", "hf://lab/net#a\nb", "hf://lab@v1/net", f"hf://lab/{'n' * 97}",
    "https://huggingface.co/lab/net", "hf://lab/net@v1%2F..%2Fx",
    "hf://datasets/lab/sequences",
])
def test_what_is_no_address_is_told_the_form(text: str) -> None:
    with pytest.raises(AddressError, match=r"hf://org/name\[@revision\]\[/subfolder\]\[#file\]") as caught:
        parse_address(text)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    try:
        found = parse_address("hf://" + text)
    except AddressError:
        return
    assert parse_address(str(found)) == found
    assert all(is_plain_path(part) for part in (found.subfolder, found.file) if part)


def test_only_a_whole_commit_is_pinned() -> None:
    assert parse_address(f"hf://lab/net@{COMMIT}").is_pinned
    assert not parse_address(f"hf://lab/net@{COMMIT[:12]}").is_pinned
    assert not parse_address("hf://lab/net").is_pinned
