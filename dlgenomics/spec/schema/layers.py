"""Entries of ``model.layers``, and ``model.defaults`` → JSON Schema."""

from __future__ import annotations

from typing import Final

from dlgenomics.spec.arguments import REQUIRED
from dlgenomics.spec.blocks import BLOCKS, REPEAT, SHARED, SIAMESE
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.layers.rule import LayerRule
from dlgenomics.spec.schema.kinds import (
    KindSchemas,
    Schema,
    any_of,
    closed,
    one_key,
    reference,
)
from dlgenomics.spec.schema.words import argument_words, entry_words
from dlgenomics.spec.vocabulary import ACTIVATION
from dlgenomics.spec.wiring import NAME_PATTERN, NAME_RULE

_NAME: Final[Schema] = {
    "type": "string", "pattern": f"^{NAME_PATTERN}$",
    "description": f"The layer's own name: {NAME_RULE}.",
}
_TEXT: Final[Schema] = {"type": "string"}
_FROM: Final = "What it follows: the name of an input or of a layer above; default: the one above."
_MOST: Final = 1000


def layer_definitions(kinds: KindSchemas) -> dict[str, Schema]:
    """Return the definitions of a layer, a list of layers, the layer in a wrapper, and defaults.

    Args:
        kinds: makes the schemas of arguments, and keeps what they refer to.
    """
    layers = {f"layer.{kind}": _layer(kinds, kind, rule) for kind, rule in RULES.items()}
    blocks = {f"layer.{kind}": _block(kinds, kind) for kind in BLOCKS}
    inner = [kind for kind, rule in RULES.items() if not rule.wraps and rule.inputs == (1, 1)]
    return {
        **layers,
        **blocks,
        **{f"wrapped.{kind}": _described(kind, _body(kinds, kind, {})) for kind in inner},
        "Layer": {"title": "a layer", **_entry("layer", [*RULES, *BLOCKS])},
        "Layers": {"title": "a list of layers", "type": "array", "minItems": 1,
                   "items": reference("Layer")},
        "Wrapped": {"title": "a layer", **_entry("wrapped", inner)},
        "Defaults": _defaults(layers),
    }


def _described(kind: str, body: Schema) -> Schema:
    return {"title": kind, "description": entry_words(kind), **body}


def _entry(room: str, kinds: list[str]) -> Schema:
    """Return the schema of ``Name`` or ``{Name: arguments}``."""
    short = [kind for kind in kinds if _stands_alone(kind)]
    return any_of({"enum": short}, one_key({k: reference(f"{room}.{k}") for k in kinds}))


def _stands_alone(kind: str) -> bool:
    """Tell whether a layer can be written without arguments."""
    rule = RULES.get(kind)
    return rule is not None and not rule.wraps and all(
        argument.default is not REQUIRED for argument in rule.arguments.values())


def _layer(kinds: KindSchemas, kind: str, rule: LayerRule) -> Schema:
    place = {"name": _NAME, "from": _sources(*rule.inputs)}
    if rule.wraps:
        place["layer"] = {"description": argument_words(kind, "layer"), **reference("Wrapped")}
    body = _body(kinds, kind, place)
    if rule.wraps:
        body |= {"type": "object", "required": ["layer"]}
    if kind == "Activation":
        body = any_of(kinds.of(ACTIVATION), body)
    return _described(kind, body)


def _body(kinds: KindSchemas, kind: str, place: dict[str, Schema]) -> Schema:
    """Return the schema of a layer's arguments, with ``auto`` where it can be written."""
    body = kinds.arguments(kind, RULES[kind].arguments, place)
    body["properties"] |= _automatic(kinds, kind)
    return body


def _automatic(kinds: KindSchemas, kind: str) -> dict[str, Schema]:
    """Return the argument that may say ``auto``, for layers whose initializer can be chosen."""
    rule = RULES[kind]
    if not rule.initializer:
        return {}
    written = kinds.argument(kind, "kernel_initializer", rule.arguments["kernel_initializer"])
    words = f"{written['description']} `auto` (default) chooses by the activation that follows."
    return {"kernel_initializer": {"description": words, "default": "auto", **any_of(
        {"const": "auto"}, reference("Initializer"))}}


def _sources(least: int, most: int) -> Schema:
    several = {"type": "array", "items": _TEXT, "minItems": least, "maxItems": min(most, _MOST)}
    one = [_TEXT] if least == 1 else []
    return {"description": _FROM, **any_of(*one, several)}


def _block(kinds: KindSchemas, kind: str) -> Schema:
    branches = {"type": "array", "minItems": 2, "items": any_of(
        _TEXT, {"type": "array", "items": _TEXT, "minItems": 1})}
    source = {
        SHARED: {"description": _FROM, **any_of(_TEXT, {"type": "array", "items": _TEXT})},
        SIAMESE: {"description": "The branches: a name each, or a list of names.", **branches},
    }.get(kind, _sources(1, 1))
    place = {} if kind == REPEAT else {"name": _NAME, "from": source}
    body = kinds.arguments(kind, BLOCKS[kind], place)
    if kind == SIAMESE:
        body["required"] = [*body["required"], "from"]
    return _described(kind, body)


def _defaults(layers: dict[str, Schema]) -> Schema:
    """Return the schema of ``model.defaults``: arguments of any layers."""
    found: dict[str, list[Schema]] = {}
    for kind, rule in RULES.items():
        properties = layers[f"layer.{kind}"].get("properties", {})
        for key in [key for key in rule.arguments if key in properties]:
            own = {k: v for k, v in properties[key].items() if k not in ("default", "description")}
            if own not in found.setdefault(key, []):
                found[key].append(own)
    return closed({key: {"description": argument_words("", key), **any_of(*several)}
                   for key, several in found.items()}, [])
