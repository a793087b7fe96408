"""Which model plays which role: from what the settings say to models that can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from orps_agent.errors import ModelFileError, SettingsError
from orps_agent.settings import EndpointSettings, Settings

from . import weights
from .base import ChatModel
from .embedded import EmbeddedModel
from .endpoint import EndpointModel
from .scripted import ScriptedModel

EMBEDDED = "embedded"
_SCRIPTED = "scripted:"
_GGUF = ".gguf"


@dataclass(frozen=True)
class Models:
    """The models of a search, open; both roles may share one."""

    programmer: ChatModel
    critic: ChatModel

    async def check(self) -> None:
        """Raise now what the first call to an endpoint would raise, before anything is spent."""
        for model in {id(each): each for each in (self.programmer, self.critic)}.values():
            if isinstance(model, EndpointModel):
                await model.check()


@asynccontextmanager
async def open_models(settings: Settings, *, programmer: str, critic: str) -> AsyncIterator[Models]:
    """The models of these names, as `model_names` tells them, opened and in the end closed.

    `embedded` is the embedded model, a name of `orps model list` one that was pulled, a path that ends in `.gguf` a
    local one, `scripted:FILE` a script, and any other name a model of the endpoint. Raises SettingsError or
    ModelFileError.
    """
    limiter = anyio.CapacityLimiter(settings.max_calls)
    async with AsyncExitStack() as stack:
        opened: dict[str, ChatModel] = {}
        for name in dict.fromkeys((programmer, critic)):
            opened[name] = await stack.enter_async_context(_made(settings, name, limiter))
        yield Models(opened[programmer], opened[critic])


def model_names(settings: Settings) -> tuple[str, str]:
    """The programmer's and the critic's model as a search remembers them: paths in them are absolute."""
    if settings.model is None and (settings.base_url or settings.api_key):
        raise SettingsError(
            "an endpoint is configured but no model: set --model or ORPS_MODEL (`embedded` for the embedded one)"
        )
    programmer = _absolute(settings.model or EMBEDDED)
    return programmer, _absolute(settings.critic_model) if settings.critic_model else programmer


def is_small(settings: Settings) -> bool:
    """Whether the programmer is an embedded model of a size that needs compact prompts and a quick search."""
    if settings.model is None:
        return settings.base_url is None and settings.api_key is None
    file = _file(settings.model)
    return file is not None and file.small


def uses_embedded(settings: Settings) -> bool:
    """Whether a search with these settings needs the embedded model's file."""
    unnamed = settings.model is None and is_small(settings)
    return unnamed or _file(EMBEDDED) in (_file(settings.model or ""), _file(settings.critic_model or ""))


def _file(name: str) -> weights.ModelFile | None:
    """The file of a model that runs inside orps; None for any other model."""
    wanted = weights.EMBEDDED if name == EMBEDDED else name
    return next((each for each in weights.MODELS if each.name == wanted), None)


def _absolute(name: str) -> str:
    if name.startswith(_SCRIPTED):
        return f"{_SCRIPTED}{Path(name.removeprefix(_SCRIPTED)).expanduser().absolute()}"
    return str(Path(name).expanduser().absolute()) if name.endswith(_GGUF) else name


def _made(
    settings: Settings, name: str, limiter: anyio.CapacityLimiter
) -> ScriptedModel | EmbeddedModel | EndpointModel:
    if name.startswith(_SCRIPTED):
        return ScriptedModel.load(Path(name.removeprefix(_SCRIPTED)))
    if name.endswith(_GGUF):
        return EmbeddedModel(weights.own(Path(name)))
    file = _file(name)
    if file is not None:
        path = weights.find(settings.cache, file.name)
        if path is None:
            raise ModelFileError(f"{file.file} is not in {settings.cache}: run `orps model pull {file.name}` once")
        return EmbeddedModel(path, name=name)
    endpoint = EndpointSettings(
        model=name,
        base_url=settings.base_url,
        api_key=settings.api_key,
        timeout_seconds=settings.timeout_seconds,
        retries=settings.retries,
        max_calls=settings.max_calls,
    )
    return EndpointModel(endpoint, limiter=limiter)
