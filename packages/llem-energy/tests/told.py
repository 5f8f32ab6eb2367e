"""What the source of a package gives for something that has a name: codes, flags, methods."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T", bound=ast.AST)

PROBLEM = "Problem"


class Told:
    """The strings that modules hand over or assign under a name, such as `code`.

    What functions give back that are called so counts too, `reading_flags` for `flags`; and
    constants that say of themselves that they are one, `"Flag: a sensor failed."`.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._modules = [ast.parse(source) for source in sources]
        self._signatures = {
            name: names for module in self._modules for name, names in _signatures(module)
        }

    def of(self, what: str) -> set[str]:
        """Of everything but problems."""
        return {
            text
            for module in self._modules
            for value in (
                *self._handed_over(module, what, to_problem=False),
                *_assigned(module, what),
                *_given_back(module, what),
                *_described(module, what),
            )
            for text in _strings(value, module)
        }

    def of_problems(self, what: str) -> set[str]:
        """What is handed to `Problem`."""
        return {
            text
            for module in self._modules
            for value in self._handed_over(module, what, to_problem=True)
            for text in _strings(value, module)
        }

    def _handed_over(
        self, module: ast.Module, what: str, *, to_problem: bool
    ) -> Iterator[ast.expr]:
        signatures = self._signatures | dict(_signatures(module))
        for call in _all(module, ast.Call):
            name = _name(call.func)
            if (name == PROBLEM) == to_problem:
                by_place = zip(signatures.get(name, ()), call.args, strict=False)
                yield from (value for parameter, value in by_place if parameter == what)
                yield from (given.value for given in call.keywords if given.arg == what)


def _assigned(module: ast.Module, what: str) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=target, slice=value)]):
                pass
            case ast.Assign(targets=[target], value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case ast.AugAssign(target=target, value=value):
                pass
            case ast.Call(func=ast.Attribute(value=target, attr="append"), args=[value]):
                pass
            case _:
                continue
        if _is_called(_name(target), what):
            yield value


def _given_back(module: ast.Module, what: str) -> Iterator[ast.expr]:
    for function in _all(module, ast.FunctionDef):
        if _is_called(function.name, what):
            yield from (r.value for r in _all(function, ast.Return) if r.value is not None)


def _described(module: ast.Module, what: str) -> Iterator[ast.expr]:
    for constant, after in pairwise(module.body):
        match constant, after:
            case ast.Assign(value=value), ast.Expr(value=ast.Constant(value=str(text))):
                if text.lower().startswith(what.removesuffix("s")):
                    yield value


def _signatures(module: ast.Module) -> Iterator[tuple[str, Sequence[str]]]:
    """Functions and classes by name, with the names of their parameters."""
    for function in _all(module, ast.FunctionDef):
        yield function.name, _arguments(function)
    for made in _all(module, ast.ClassDef):
        fields = [part.target for part in made.body if isinstance(part, ast.AnnAssign)]
        yield made.name, [field.id for field in fields if isinstance(field, ast.Name)]
        for method in made.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                yield made.name, _arguments(method)


def _arguments(function: ast.FunctionDef) -> Sequence[str]:
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def _strings(value: ast.expr, module: ast.Module) -> Iterator[str]:
    """The strings that an expression may give."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name):
            yield from _constant(name, module)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Call(args=parts):
            yield from (text for part in parts for text in _strings(part, module))
        case ast.Dict(keys=keys):
            yield from (text for key in keys if key for text in _strings(key, module))
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from _strings(one, module)
            yield from _strings(other, module)


def _constant(name: str, module: ast.Module) -> Iterator[str]:
    """The string that a name stands for in a module, defined there or imported."""
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=defined)], value=ast.Constant(value=str(text))):
                yield from [text] if defined == name else []
            case ast.ImportFrom(module=str(origin), names=imported):
                if name in (alias.name for alias in imported):
                    value = getattr(import_module(origin), name)
                    yield from [value] if isinstance(value, str) else []


def _all(tree: ast.AST, kind: type[T]) -> Iterator[T]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_called(name: str, what: str) -> bool:
    return name == what or name.endswith(f"_{what}")
