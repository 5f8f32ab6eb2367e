"""Stable codes, as they stand in a source: what is handed to a parameter or a field named `code`.

Values are followed through `or`, `if` and constants with upper-case names; a code that is handed on
from elsewhere is found where it began.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Given:
    """A code, and to whom it is handed."""

    code: str
    taker: str
    """Name of the function or class that takes it."""
    optional: bool
    """Handed together with a `blocking` that is not always true."""
    place: str


def given_codes(modules: Iterable[Path]) -> list[Given]:
    """Every code in these sources."""
    trees = {module: ast.parse(module.read_text(encoding="utf-8")) for module in modules}
    constants = dict(pair for tree in trees.values() for pair in _constants(tree))
    positions = dict(pair for tree in trees.values() for pair in _positions(tree))
    return [
        Given(code, _name(call), _optional(call), f"{module.name}:{call.lineno}")
        for module, tree in trees.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for value in _handed(call, positions)
        for code in _texts(value, constants)
    ]


def _constants(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            text = node.value.value
            for target in node.targets:
                if isinstance(text, str) and isinstance(target, ast.Name) and target.id.isupper():
                    yield target.id, text


def _positions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Functions and classes that take a `code`, and at which place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            names = [name for name in names if name not in ("self", "cls")]
            if "code" in names and node.name != "__init__":
                yield node.name, names.index("code")
        elif isinstance(node, ast.ClassDef):
            names = _fields(node)
            if "code" in names:
                yield node.name, names.index("code")


def _fields(node: ast.ClassDef) -> list[str]:
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return [argument.arg for argument in part.args.args[1:]]
    return [
        part.target.id
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    ]


def _handed(call: ast.Call, positions: dict[str, int]) -> Iterator[ast.expr]:
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "code")
    position = positions.get(_name(call))
    if position is not None and len(call.args) > position:
        yield call.args[position]


def _texts(value: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from (*_texts(value.body, constants), *_texts(value.orelse, constants))
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _texts(part, constants)
    elif isinstance(value, ast.Name) and value.id in constants:
        yield constants[value.id]


def _optional(call: ast.Call) -> bool:
    return any(
        keyword.arg == "blocking"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is True)
        for keyword in call.keywords
    )


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
