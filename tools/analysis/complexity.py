"""Measure the size and complexity of a candidate's source, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import fmean

import anyio.to_thread
from cognitive_complexity.api import get_cognitive_complexity, get_cognitive_complexity_for_node
from radon.visitors import ComplexityVisitor

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import ClassMetrics, FunctionMetrics, NotAnalysable, StaticAnalysis
from orps_agent.domain.language import PYTHON

from .source import FAULTS, Function, not_analysable, parse_source, plain_source, without_docstrings

__all__ = ["analyse", "analyse_source", "plain_source"]

MAX_DEPTH = 10


async def analyse(solution: Artifact) -> StaticAnalysis | NotAnalysable:
    """Measure a solution without comments and docstrings, in a thread, or return why it cannot be. Never raises."""
    if solution.language != PYTHON.name:
        return NotAnalysable(reason=f"{solution.language} is not analysed")
    return await anyio.to_thread.run_sync(analyse_source, solution.source)


def analyse_source(code: str) -> StaticAnalysis | NotAnalysable:
    """Measure Python code in this thread, which takes at most some seconds on a hostile source.

    Complexities are means over all functions, methods and closures; a source without any counts as one block.
    """
    try:
        return _measured(without_docstrings(parse_source(code)))
    except FAULTS as error:
        return not_analysable(error)


def _measured(tree: ast.Module) -> StaticAnalysis:
    definitions = list(_definitions(tree, ""))
    functions = [
        FunctionMetrics(name=name, cyclomatic=_cyclomatic(node), cognitive=get_cognitive_complexity(node))
        for name, node in definitions
        if isinstance(node, Function)
    ]
    blocks = functions or [_module_block(tree)]
    return StaticAnalysis(
        lines=sum(not line.isspace() for line in ast.unparse(tree).splitlines() if line),
        ast_nodes=sum(1 for _ in ast.walk(tree)),
        cyclomatic=fmean(block.cyclomatic for block in blocks),
        cognitive=fmean(block.cognitive for block in blocks),
        functions=tuple(functions),
        classes=tuple(_class(name, node) for name, node in definitions if isinstance(node, ast.ClassDef)),
    )


def _definitions(node: ast.AST, prefix: str, depth: int = 0) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield every function and class below the node with its dotted name."""
    if depth > MAX_DEPTH:  # each level is measured again with every level around it
        raise RecursionError(f"definitions nested more than {MAX_DEPTH} deep")
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            yield f"{prefix}{child.name}", child
            yield from _definitions(child, f"{prefix}{child.name}.", depth + 1)
        else:
            yield from _definitions(child, prefix, depth)


def _cyclomatic(function: Function) -> int:
    visitor = ComplexityVisitor()
    visitor.visit(function)
    complexity: int = visitor.functions[0].complexity
    return complexity


def _module_block(tree: ast.Module) -> FunctionMetrics:
    visitor = ComplexityVisitor.from_ast(tree)
    cognitive = sum(get_cognitive_complexity_for_node(statement) for statement in tree.body)
    return FunctionMetrics(name="<module>", cyclomatic=visitor.total_complexity, cognitive=cognitive)


def _class(name: str, node: ast.ClassDef) -> ClassMetrics:
    methods = [child for child in node.body if isinstance(child, Function)]
    return ClassMetrics(
        name=name,
        methods=len(methods),
        attributes=len({*_bound(node), *(attribute for method in methods for attribute in _set_on_self(method))}),
        wmc=sum(_cyclomatic(method) for method in methods),
    )


def _bound(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _set_on_self(method: Function) -> Iterator[str]:
    parameters = [*method.args.posonlyargs, *method.args.args]
    for node in ast.walk(method) if parameters else ():
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name, ctx=ast.Store()) if owner == parameters[0].arg:
                yield name
