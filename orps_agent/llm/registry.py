"""Open the model of each role, as configured in the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orps_agent.errors import ModelFileError, SettingsError
from orps_agent.llm.openai.limit import AdaptiveLimit
from orps_agent.settings import Settings
from orps_agent.settings.endpoints import OPENAI_URL, EndpointSettings, Role, RoleSettings

from . import weights
from .base import ChatModel, Models
from .embedded import POLICY, EmbeddedServer
from .kinds import absolute, kind_of, model_of
from .recorded import RecordingModel

if TYPE_CHECKING:
    from orps_agent.llm.openai.endpoint import Endpoint

EMBEDDED = "embedded"
_GGUF = ".gguf"


@asynccontextmanager
async def open_models(
    settings: Settings, *, programmer: str, critic: str, tester: str | None = None
) -> AsyncIterator[Models]:
    """Open the models with these names, as `model_names` and `name_of_tester` return them, and close them at the end.

    `embedded` is the embedded model, a name of `orps model list` one that was pulled, a path that ends in `.gguf` a
    local one, `scripted:FILE` a script, `recorded:FILE` a recording, `KIND:REST` a model of a kind that a package adds,
    and any other name a model of the role's endpoints. Raises SettingsError, ModelFileError or PluginError.
    """
    check_endpoints(settings)
    async with AsyncExitStack() as stack:
        opening = _Opening(settings, stack, programmer)
        yield Models(
            programmer=await opening.model(programmer, "programmer"),
            critic=await opening.model(critic, "critic"),
            tester=await opening.model(tester or programmer, "tester"),
            checks=tuple(opening.checks),
        )


def check_endpoints(settings: Settings) -> None:
    """Raise SettingsError when a role names an endpoint that is not configured."""
    for name, role in settings.roles.items():
        for endpoint in role.endpoints:
            if endpoint not in settings.endpoints:
                known = ", ".join(settings.endpoints) or "none"
                raise SettingsError(
                    f"roles.{name}.endpoints: there is no endpoint {endpoint!r} (there is: {known}); "
                    f"add [endpoints.{endpoint}] with its base_url to the settings file"
                )


def model_names(settings: Settings) -> tuple[str, str]:
    """Return the names of the programmer's and the critic's model as a search stores them, with absolute paths."""
    named = _named(settings)
    if named is None and not _without_endpoint(settings):
        raise SettingsError(
            "an endpoint is configured but no model: set --model or ORPS_MODEL (`embedded` for the embedded one)"
        )
    programmer = _absolute(named or EMBEDDED)
    critic = settings.critic_model or settings.role("critic").model
    return programmer, _absolute(critic) if critic else programmer


def name_of_tester(settings: Settings) -> str | None:
    """Return the name of the tester's model as a search stores it; None: the programmer's."""
    named = settings.role("tester").model
    return named and _absolute(named)


def is_small(settings: Settings) -> bool:
    """Return True when the programmer is a small embedded model that needs compact prompts and a quick search."""
    named = _named(settings)
    if named is None:
        return _without_endpoint(settings)
    file = _file(named)
    return file is not None and file.small


def uses_embedded(settings: Settings) -> bool:
    """Return True when a search with these settings needs the embedded model's file."""
    unnamed = _named(settings) is None and is_small(settings)
    critic = settings.critic_model or settings.role("critic").model
    asked = {name for role in settings.roles.values() for name in role.endpoints} & settings.endpoints.keys()
    named = {_named(settings), critic, settings.role("tester").model}
    named |= {settings.endpoints[each].model for each in asked if _embeds(settings.endpoints[each])}
    return unnamed or _file(EMBEDDED) in {_file(each) for each in named if each}


def urls_of(settings: Settings, name: str, role: Role) -> tuple[str, ...]:
    """Return the URLs of the role's model of that name; an empty tuple if it runs inside orps."""
    if kind_of(name) or _runs_here(name):
        return ()
    asked = settings.role(role).endpoints or settings.role("programmer").endpoints
    told = [settings.endpoints[each] for each in asked] or [settings.endpoint]
    return tuple(each.base_url or OPENAI_URL for each in told if not _embeds(each))


def _embeds(endpoint: EndpointSettings) -> bool:
    """Return True for an endpoint that is a model inside orps: it names such a model, and no server."""
    return endpoint.base_url is None and endpoint.model is not None and _runs_here(endpoint.model)


@dataclass(frozen=True)
class _Opening:
    """Open models; those at the same endpoint share its limit."""

    settings: Settings
    stack: AsyncExitStack
    programmer: str
    """Name of the programmer's model."""
    limits: dict[str | Path, AdaptiveLimit] = field(default_factory=dict)
    servers: dict[Path, EmbeddedServer] = field(default_factory=dict)
    opened: list[tuple[str, RoleSettings, ChatModel]] = field(default_factory=list)
    checks: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def model(self, name: str, role: Role) -> ChatModel:
        asking = self._asking(name, role)
        known = next((model for named, asked, model in self.opened if (named, asked) == (name, asking)), None)
        if known is not None:
            return known
        model: ChatModel = await self.stack.enter_async_context(await self._made(name, asking))
        if self.settings.record is not None:
            model = await self.stack.enter_async_context(RecordingModel(model, self.settings.record))
        self.opened.append((name, asking, model))
        return model

    def _asking(self, name: str, role: Role) -> RoleSettings:
        """Return the role's settings for calls, without the values that a search stores itself."""
        own, programmer = self.settings.role(role), self.settings.role("programmer")
        if role not in self.settings.roles and name == self.programmer:
            own = programmer
        endpoints = own.endpoints or programmer.endpoints
        return own.model_copy(update={"model": None, "temperature": None, "max_tokens": None, "endpoints": endpoints})

    async def _made(self, name: str, role: RoleSettings) -> ChatModel:
        if kind := kind_of(name):
            return model_of(kind, name, self.settings)
        from orps_agent.llm.openai.pool import EndpointModel  # noqa: PLC0415 - brings openai's client, a third of all that is imported

        if _runs_here(name):
            endpoint = await self._embedded(EndpointSettings(model=name), "")
            model = EndpointModel(endpoint.model, [endpoint], policy=POLICY, role=role)
        else:
            endpoints = [await self._endpoint(name, each) for each in role.endpoints or ("",)]
            model = EndpointModel(name, endpoints, policy=self.settings.policy, role=role)
        self.checks.append(model.check)
        return model

    async def _endpoint(self, model: str, name: str) -> Endpoint:
        """Return the endpoint of that name; the one with an empty name needs no table."""
        told = self.settings.endpoints[name] if name else self.settings.endpoint
        if _embeds(told):
            return await self._embedded(told, name)
        from orps_agent.llm.openai.endpoint import Endpoint  # noqa: PLC0415 - as above

        limit = self.limits.setdefault(name, AdaptiveLimit(told.max_calls))
        return Endpoint(told, model, name=name, limit=limit)

    async def _embedded(self, told: EndpointSettings, name: str) -> Endpoint:
        """Return the endpoint of a model inside this process, which is loaded once for all roles."""
        from orps_agent.llm.openai.endpoint import Endpoint  # noqa: PLC0415 - as above

        model = told.model or EMBEDDED
        path = _weights(model, self.settings.cache)
        if path not in self.servers:
            server = EmbeddedServer(path, name=path.name if model.endswith(_GGUF) else model)
            self.servers[path] = await self.stack.enter_async_context(server)
        settings = self.servers[path].settings(told)
        limit = self.limits.setdefault(path, AdaptiveLimit(settings.max_calls))
        return Endpoint(settings, model, name=name, limit=limit)


def _named(settings: Settings) -> str | None:
    """Return the programmer's model; a flag and the environment take precedence over the role's table."""
    return settings.model or settings.role("programmer").model


def _without_endpoint(settings: Settings) -> bool:
    here = settings.base_url or settings.api_key or settings.api_key_file
    return not here and not settings.role("programmer").endpoints


def _runs_here(name: str) -> bool:
    return name.endswith(_GGUF) or _file(name) is not None


def _weights(name: str, cache: Path) -> Path:
    """Return the file of a model that runs inside orps; raise ModelFileError when it does not exist."""
    file = _file(name)
    if file is None:
        return weights.own(Path(name).expanduser())
    path = weights.find(cache, file.name)
    if path is None:
        raise ModelFileError(f"{file.file} is not in {cache}: run `orps model pull {file.name}` once")
    return path


def _file(name: str) -> weights.ModelFile | None:
    """Return the file of a model that runs inside orps; None for any other model."""
    wanted = weights.EMBEDDED if name == EMBEDDED else name
    return next((each for each in weights.MODELS if each.name == wanted), None)


def _absolute(name: str) -> str:
    return str(Path(name).expanduser().absolute()) if name.endswith(_GGUF) else absolute(name)
