"""A YAML document as nodes, within bounds: an alias makes much of little, and may hold itself."""

import re
from typing import Any

import yaml

from llem_study.yaml_words import MERGE, WORD_TYPES

LARGEST = 256 * 1024
"""Characters of a document, what an alias stands for counted wherever it stands."""
DEEPEST = 64
"""Levels of mappings and lists inside one another, counted likewise."""


class Loader(yaml.SafeLoader):
    """Composes one document. Plain words get the tags of `WORD_TYPES`."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        None: [
            (MERGE, re.compile(r"<<\Z")),
            *((tag, word_type.form) for tag, word_type in WORD_TYPES.items()),
        ]
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._size = 0
        self._depth = 0
        self._deepest = 0
        self._extents: dict[yaml.Node, tuple[int, int]] = {}
        """Size and levels of each node that is whole."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if node not in self._extents:
                raise fault(f"the alias {event.anchor!r} stands inside of what it names", event)
            self._add(*self._extents[node], event)
            return node
        size, deepest = self._size, self._deepest
        self._deepest = self._depth
        if isinstance(event, yaml.ScalarEvent):
            self._add(len(event.value) + 1, 0, event)
        else:
            self._add(2, 1, event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        assert node is not None
        self._extents[node] = self._size - size, self._deepest - self._depth
        self._deepest = max(deepest, self._deepest)
        return node

    def _add(self, size: int, levels: int, at: yaml.Event) -> None:
        self._size += size
        self._deepest = max(self._deepest, self._depth + levels)
        if self._size > LARGEST:
            raise fault(f"until here it holds more than {LARGEST:,} characters", at)
        if self._deepest > DEEPEST:
            raise fault(f"there are more than {DEEPEST} levels inside one another", at)


def fault(problem: str, at: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    """An error at the place of an event or a node."""
    mark: Any = at.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
