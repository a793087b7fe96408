"""Which model plays which role: from what the settings say to models that can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orps_agent.endpoints import Role, RoleSettings
from orps_agent.errors import ModelFileError, SettingsError
from orps_agent.settings import Settings

from . import weights
from .base import ChatModel
from .embedded import EmbeddedModel
from .endpoint import Endpoint
from .limit import AdaptiveLimit
from .pool import EndpointModel
from .recording import RecordingModel, ReplayModel
from .scripted import ScriptedModel

EMBEDDED = "embedded"
_SCRIPTED = "scripted:"
_RECORDED = "recorded:"
_GGUF = ".gguf"


@dataclass(frozen=True)
class Models:
    """The models of a search, open; both roles may share one."""

    programmer: ChatModel
    critic: ChatModel

    async def check(self) -> None:
        """Raise now what the first call to an endpoint would raise, before anything is spent."""
        for model in {id(each): each for each in (self.programmer, self.critic)}.values():
            asked = model.model if isinstance(model, RecordingModel) else model
            if isinstance(asked, EndpointModel):
                await asked.check()


@asynccontextmanager
async def open_models(settings: Settings, *, programmer: str, critic: str) -> AsyncIterator[Models]:
    """The models of these names, as `model_names` tells them, opened and in the end closed.

    `embedded` is the embedded model, a name of `orps model list` one that was pulled, a path that ends in `.gguf` a
    local one, `scripted:FILE` a script, `recorded:FILE` a recording, and any other name a model of the role's
    endpoints. Raises SettingsError or ModelFileError.
    """
    check_endpoints(settings)
    async with AsyncExitStack() as stack:
        opening = _Opening(settings, stack)
        first = await opening.model(programmer, _asking(settings, "programmer"))
        if critic == programmer and _asking(settings, "critic") == _asking(settings, "programmer"):
            yield Models(first, first)
        else:
            yield Models(first, await opening.model(critic, _asking(settings, "critic")))


def check_endpoints(settings: Settings) -> None:
    """Raise SettingsError when a role names an endpoint that there is not."""
    for name, role in settings.roles.items():
        for endpoint in role.endpoints:
            if endpoint not in settings.endpoints:
                known = ", ".join(settings.endpoints) or "none"
                raise SettingsError(
                    f"roles.{name}.endpoints: there is no endpoint {endpoint!r} (there is: {known}); "
                    f"add [endpoints.{endpoint}] with its base_url to the settings file"
                )


def model_names(settings: Settings) -> tuple[str, str]:
    """The programmer's and the critic's model as a search remembers them: paths in them are absolute."""
    named = _named(settings)
    if named is None and not _without_endpoint(settings):
        raise SettingsError(
            "an endpoint is configured but no model: set --model or ORPS_MODEL (`embedded` for the embedded one)"
        )
    programmer = _absolute(named or EMBEDDED)
    critic = settings.critic_model or settings.role("critic").model
    return programmer, _absolute(critic) if critic else programmer


def is_small(settings: Settings) -> bool:
    """Whether the programmer is an embedded model of a size that needs compact prompts and a quick search."""
    named = _named(settings)
    if named is None:
        return _without_endpoint(settings)
    file = _file(named)
    return file is not None and file.small


def uses_embedded(settings: Settings) -> bool:
    """Whether a search with these settings needs the embedded model's file."""
    unnamed = _named(settings) is None and is_small(settings)
    critic = settings.critic_model or settings.role("critic").model
    return unnamed or _file(EMBEDDED) in (_file(_named(settings) or ""), _file(critic or ""))


@dataclass(frozen=True)
class _Opening:
    """Opens models; those at the same endpoint share what is known of its limit."""

    settings: Settings
    stack: AsyncExitStack
    limits: dict[str, AdaptiveLimit] = field(default_factory=dict)

    async def model(self, name: str, role: RoleSettings) -> ChatModel:
        model: ChatModel = await self.stack.enter_async_context(self._made(name, role))
        if self.settings.record is None:
            return model
        return await self.stack.enter_async_context(RecordingModel(model, self.settings.record))

    def _made(self, name: str, role: RoleSettings) -> ScriptedModel | ReplayModel | EmbeddedModel | EndpointModel:
        if name.startswith(_SCRIPTED):
            return ScriptedModel.load(Path(name.removeprefix(_SCRIPTED)))
        if name.startswith(_RECORDED):
            return ReplayModel.load(Path(name.removeprefix(_RECORDED)))
        if name.endswith(_GGUF):
            return EmbeddedModel(weights.own(Path(name)), role=role)
        file = _file(name)
        if file is None:
            endpoints = [self._endpoint(name, each) for each in role.endpoints or ("",)]
            return EndpointModel(name, endpoints, policy=self.settings.policy, role=role)
        path = weights.find(self.settings.cache, file.name)
        if path is None:
            missing = f"{file.file} is not in {self.settings.cache}"
            raise ModelFileError(f"{missing}: run `orps model pull {file.name}` once")
        return EmbeddedModel(path, name=name, role=role)

    def _endpoint(self, model: str, name: str) -> Endpoint:
        """The endpoint of that name; the one without a name needs no table."""
        settings = self.settings.endpoints[name] if name else self.settings.endpoint
        limit = self.limits.setdefault(name, AdaptiveLimit(settings.max_calls))
        return Endpoint(settings, model, name=name, limit=limit)


def _asking(settings: Settings, role: Role) -> RoleSettings:
    """How the role's model is asked, without what a search remembers itself."""
    told = settings.role(role)
    endpoints = told.endpoints or settings.role("programmer").endpoints
    return told.model_copy(update={"model": None, "temperature": None, "max_tokens": None, "endpoints": endpoints})


def _named(settings: Settings) -> str | None:
    """The programmer's model; a flag and the environment come before the role's table."""
    return settings.model or settings.role("programmer").model


def _without_endpoint(settings: Settings) -> bool:
    here = settings.base_url or settings.api_key or settings.api_key_file
    return not here and not settings.role("programmer").endpoints


def _file(name: str) -> weights.ModelFile | None:
    """The file of a model that runs inside orps; None for any other model."""
    wanted = weights.EMBEDDED if name == EMBEDDED else name
    return next((each for each in weights.MODELS if each.name == wanted), None)


def _absolute(name: str) -> str:
    for kind in (_SCRIPTED, _RECORDED):
        if name.startswith(kind):
            return f"{kind}{Path(name.removeprefix(kind)).expanduser().absolute()}"
    return str(Path(name).expanduser().absolute()) if name.endswith(_GGUF) else name
