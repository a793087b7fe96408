"""Find the kinds of model whose names are written `KIND:REST`: scripts, recordings, and those of packages."""

from __future__ import annotations

from pathlib import Path

from orps_agent.settings import Settings
from orps_agent.util.plugins import Factories

from .base import ChatModel
from .recorded import ReplayModel
from .scripted import ScriptedModel


def _scripted(rest: str, settings: Settings) -> ChatModel:
    return ScriptedModel.load(Path(rest))


def _recorded(rest: str, settings: Settings) -> ChatModel:
    return ReplayModel.load(Path(rest))


KINDS: Factories[[str, Settings], ChatModel] = Factories(
    "orps_agent.models",
    "kind of model",
    {"scripted": _scripted, "recorded": _recorded},
    protocol=ChatModel,
    setting="model",
)
"""Each is made from what follows the colon, and the settings; the built-in ones take a file."""


def kind_of(name: str) -> str | None:
    """Return the kind that a model's name begins with; None for a name without one, such as `qwen3:8b`."""
    kind, colon, _ = name.partition(":")
    return kind if colon and kind in KINDS else None


def model_of(kind: str, name: str, settings: Settings) -> ChatModel:
    """Make the model of a name that begins with a kind; raises SettingsError, or PluginError."""
    return KINDS.make(kind, name.removeprefix(f"{kind}:"), settings)


def absolute(name: str) -> str:
    """Return the name with an absolute path where it is that of a file, as a search remembers it."""
    kind, colon, file = name.partition(":")
    return f"{kind}:{Path(file).expanduser().absolute()}" if colon and kind in KINDS.built_in else name
