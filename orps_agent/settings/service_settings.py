"""Configure the service: its address, its concurrency, and the limits of its clients."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from orps_agent.budget.account import Budget


class ClientLimits(BaseModel):
    """Limit what one client may use, over all its searches; None: no limit of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    concurrency: int | None = Field(default=None, ge=1)
    """Maximum number of its searches that run at a time; the others wait."""
    calls: int | None = Field(default=None, gt=0)
    """Model calls, failed ones included."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens of prompts and completions together."""
    cost: float | None = Field(default=None, gt=0)
    """USD, by the price table."""

    @property
    def budget(self) -> Budget:
        """Return the limits on spending."""
        return Budget(calls=self.calls, tokens=self.tokens, cost=self.cost)


class ServeSettings(BaseModel):
    """Configure `orps serve`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    host: str = "127.0.0.1"
    """Address to listen on; any but this machine's loopback requires a token (`orps token create`)."""
    port: int = Field(default=8787, ge=0, le=65535)
    """Port to listen on; 0: any free one, which the first line of output names."""
    concurrency: int = Field(default=4, ge=1)
    """Number of searches that run at a time."""
    client: ClientLimits = ClientLimits()
    """Limits of every client that is not named in `clients`."""
    clients: dict[str, ClientLimits] = {}
    """Limits of clients by name."""
    body_kb: int = Field(default=1024, ge=1)
    """Maximum size of a request body, in KiB."""
    tries: int = Field(default=5, ge=1)
    """Maximum number of runs of a search that ends because an endpoint, the sandbox or the database fails."""
    retry_seconds: float = Field(default=60.0, ge=0)
    """Seconds to wait before the next run."""

    def limits(self, client: str) -> ClientLimits:
        """Return the limits of a client."""
        return self.clients.get(client, self.client)
