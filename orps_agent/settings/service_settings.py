"""Settings of the service: where it listens, how much it does at a time, what its clients may spend."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.budget.account import Budget


class ClientLimits(BaseModel):
    """What one client may have, over all its searches; None: no limit of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    concurrency: int | None = Field(default=None, ge=1)
    """How many of its searches may run at a time; the others wait."""
    calls: int | None = Field(default=None, gt=0)
    """Model calls, failed ones included."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens of prompts and completions together."""
    cost: float | None = Field(default=None, gt=0)
    """USD, by the price table."""

    @property
    def budget(self) -> Budget:
        """What of it is spent."""
        return Budget(calls=self.calls, tokens=self.tokens, cost=self.cost)


class ServeSettings(BaseModel):
    """How `orps serve` serves."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    host: str = "127.0.0.1"
    """The address to listen on; another one than this machine's own needs a token (`orps token create`)."""
    port: int = Field(default=8787, ge=0, le=65535)
    """0: any free one, which the first line of output names."""
    concurrency: int = Field(default=4, ge=1)
    """How many searches run at a time."""
    client: ClientLimits = ClientLimits()
    """What every client may have that is not named in `clients`."""
    clients: dict[str, ClientLimits] = {}
    """What the clients of these names may have."""
    body_kb: int = Field(default=1024, ge=1)
    """The largest request that is read, in KiB."""
    tries: int = Field(default=5, ge=1)
    """How often a search is run that ends because an endpoint, the sandbox or the database gives way."""
    retry_seconds: float = Field(default=60.0, ge=0)
    """How long it then waits before the next try."""

    def limits(self, client: str) -> ClientLimits:
        """What a client may have."""
        return self.clients.get(client, self.client)
