"""Name the provider of a model call as the semantic conventions for generative AI do."""

from __future__ import annotations

from urllib.parse import urlsplit

from orps_agent.llm.registry import urls_of
from orps_agent.settings import Settings
from orps_agent.settings.endpoints import Role

_HOSTS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "api.anthropic.com": "anthropic",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
}
_OTHER = "openai_compatible"
"""Provider name of a user's own server, a gateway, or several servers of different providers."""


def provider_of(settings: Settings, model: str, role: Role) -> dict[str, str | int]:
    """Return the attributes of a model's provider and, where it is one server, its address and port.

    The conventions leave names for unknown providers to us: models with `orps.scripted`, `orps.recorded` and
    `orps.embedded` run inside orps.
    """
    kind, colon, _ = model.partition(":")
    if colon and kind in ("scripted", "recorded"):
        return {"gen_ai.provider.name": f"orps.{kind}"}
    servers = [urlsplit(url) for url in urls_of(settings, model, role)]
    if not servers:
        return {"gen_ai.provider.name": "orps.embedded"}
    providers = {_provider(each.hostname or "") for each in servers}
    attributes: dict[str, str | int] = {"gen_ai.provider.name": providers.pop() if len(providers) == 1 else _OTHER}
    if len(servers) == 1:
        attributes["server.address"] = servers[0].hostname or ""
        attributes["server.port"] = servers[0].port or (443 if servers[0].scheme == "https" else 80)
    return attributes


def _provider(host: str) -> str:
    return next((name for known, name in _HOSTS.items() if host == known or host.endswith(f".{known}")), _OTHER)
