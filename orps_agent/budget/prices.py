"""Price tokens by model; an unknown price is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field


class Price(BaseModel):
    """Hold the price of a model, in USD per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    prompt: float = Field(ge=0)
    """Price of prompt tokens."""
    completion: float = Field(ge=0)
    """Price of completion tokens."""
    cached: float | None = Field(default=None, ge=0)
    """Price of prompt tokens that the endpoint had in its cache; None: as any other."""
    as_of: date | None = None
    """Date of publication."""


class PriceTable:
    """Look prices up by patterns of model names, `*` and `?` as in file names; the first that matches counts.

    PriceTable({"gpt-4.1-mini": Price(prompt=0.4, completion=1.6)}).cost("gpt-4.1-mini", 1000, 200)
    """

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = dict(prices)

    def cost(
        self, model: str, prompt_tokens: int | None, completion_tokens: int | None, *, cached_tokens: int = 0
    ) -> float | None:
        """Return the USD of a call, or None if unknown; `cached_tokens` are part of the prompt's."""
        price = self.price(model)
        if price is None or prompt_tokens is None or completion_tokens is None:
            return None
        cached = price.prompt if price.cached is None else price.cached
        fresh = prompt_tokens - cached_tokens
        return (fresh * price.prompt + cached_tokens * cached + completion_tokens * price.completion) / 1e6

    def price(self, model: str) -> Price | None:
        """Return the model's price, or None where no pattern matches."""
        return next((price for pattern, price in self._prices.items() if fnmatchcase(model, pattern)), None)
