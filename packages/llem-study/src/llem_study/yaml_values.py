"""What YAML's nodes stand for: values that JSON has, with no key twice."""

from typing import Any

import yaml

from llem_study.yaml_nodes import fault
from llem_study.yaml_words import MERGE, TAG, WORD_TYPES

_LONGEST_WHOLE_NUMBER = 24
"""Characters. More is no setting, and Python reads none with thousands of digits."""


def value_of(node: yaml.Node) -> Any:
    """The value of a node.

    Raises `yaml.MarkedYAMLError` for other types than JSON's, for keys that are not text, and for
    a key that stands twice.
    """
    if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
        return [value_of(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode) and node.tag in WORD_TYPES:
        return _word(node)
    if isinstance(node, yaml.ScalarNode) and node.tag in (f"{TAG}str", MERGE):
        return _text(node)
    raise fault(f"`{node.tag.replace(TAG, '!!')}` does not fit what stands here", node)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    """Keys that are merged (`<<`) and, winning over them, those that stand there."""
    own: dict[str, Any] = {}
    merged: dict[str, Any] | None = None
    for key_node, value_node in node.value:
        if key_node.tag == MERGE:
            if merged is not None:
                raise fault("the key '<<' stands here twice", key_node)
            merged = _merged(value_node)
            continue
        key = value_of(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            shown = f" `{key_node.value}`" if isinstance(key_node, yaml.ScalarNode) else ""
            raise fault(f"the key{shown} is not text", key_node)
        if key in own:
            raise fault(f"the key {key!r} stands here twice", key_node)
        own[key] = value_of(value_node)
    return {**(merged or {}), **own}


def _merged(node: yaml.Node) -> dict[str, Any]:
    """The keys of one mapping or of several, of which the first wins."""
    merged: dict[str, Any] = {}
    for part in reversed(node.value if isinstance(node, yaml.SequenceNode) else [node]):
        if not isinstance(part, yaml.MappingNode):
            raise fault("`<<` takes a mapping, or a list of them", part)
        merged |= _mapping(part)
    return merged


def _word(node: yaml.ScalarNode) -> Any:
    word_type = WORD_TYPES[node.tag]
    if not word_type.form.match(node.value):
        raise fault(f"{node.value!r} is not {word_type.noun}", node)
    if node.tag == f"{TAG}int" and len(node.value) > _LONGEST_WHOLE_NUMBER:
        raise fault(f"the number has more than {_LONGEST_WHOLE_NUMBER} characters", node)
    return word_type.meaning(node.value)


def _text(node: yaml.ScalarNode) -> str:
    text: str = node.value
    try:
        text.encode()
    except UnicodeEncodeError:
        raise fault("the text holds half a character", node) from None
    if "\0" in text:
        raise fault("the text holds a NUL character", node)
    return text
