"""Describe types in words."""

from __future__ import annotations

import types
from datetime import date
from enum import EnumType
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr


def words(kind: Any) -> str:
    """Describe a type in the words of the settings page."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal or isinstance(kind, EnumType):
        return " or ".join(f"`{each}`" for each in inside or [each.value for each in kind])
    if origin is Annotated:
        return words(inside[0])
    if origin in (tuple, list):
        return f"list of {words(inside[0])}"
    if origin in (Union, types.UnionType):
        return " or ".join(words(each) for each in inside if each is not type(None))
    return "table" if origin is dict else _PLAIN[kind]


_PLAIN: dict[Any, str] = {
    bool: "`true` or `false`",
    date: "date",
    float: "number",
    int: "whole number",
    str: "text",
    Path: "path",
    SecretStr: "secret text",
}
