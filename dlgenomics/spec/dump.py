"""Plain data → YAML text that reads back as the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML, keys in their order, floats in a form that YAML reads back."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
                     default_flow_style=None)


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes a value twice instead of an alias, and keeps rare line ends."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        # Line ends besides \n come back as spaces or \n unless they are escaped in double quotes.
        style = '"' if set(data) & set("\r\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
