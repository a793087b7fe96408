"""Build the OpenAPI schema from the routes and their models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from orps_agent.domain.events import StoredEvent

from .routes import LONGEST_KEY, ROUTES, Route
from .schemas import Fault, ListQuery

_Wanted = tuple[type[BaseModel], JsonSchemaMode]
_REFERENCE = "#/components/schemas/{model}"


def openapi() -> dict[str, Any]:
    """Return the whole schema as a JSON document."""
    taken: set[type[BaseModel]] = {each.takes for each in ROUTES if each.takes}
    returned: set[type[BaseModel]] = {each.returns for each in ROUTES if each.returns}
    returned |= {Fault, StoredEvent}
    inputs: list[_Wanted] = [(each, "validation") for each in _ordered(taken)]
    outputs: list[_Wanted] = [(each, "serialization") for each in _ordered(returned)]
    names, schemas = models_json_schema([*inputs, *outputs], ref_template=_REFERENCE)
    references = {kind: reference for (kind, _), reference in names.items()}
    paths: dict[str, dict[str, Any]] = {}
    for each in ROUTES:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "orps", "version": version("orps-agent")},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _ordered(models: set[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda each: each.__name__)


def _operation(route: Route, references: Mapping[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = (
        {"application/json": {"schema": references[route.returns]}}
        if route.returns
        else {"text/event-stream": {"schema": {"type": "string"}}}
    )
    problem = {"application/problem+json": {"schema": references[Fault]}}
    answers = {str(route.status): {"description": route.description, "content": good}}
    if route.status == 201:
        answers["200"] = {
            "description": "The search that an earlier request with this idempotency key created.",
            "content": good,
        }
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.description,
        "parameters": _parameters(route),
        "responses": answers | {"4XX": {"description": "The request cannot be fulfilled.", "content": problem}},
    }
    if route.takes:
        content = {"application/json": {"schema": references[route.takes]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.status == 201:
        key = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
        named.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    if route.name == "watch":
        number = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
        named.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": number})
        named.append({"name": "after", "in": "query", "required": False, "schema": number})
    if route.name == "list":
        properties = ListQuery.model_json_schema()["properties"]
        named += [{"name": each, "in": "query", "required": False, "schema": properties[each]} for each in properties]
    return named
