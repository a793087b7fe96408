"""Keep an account per client: its limits, and what it has spent over all its searches."""

from __future__ import annotations

from orps_agent.agent import Agent
from orps_agent.budget.account import Account, Budget, Spent
from orps_agent.errors import ClientBudgetReached
from orps_agent.search.ledger import spent
from orps_agent.settings.service_settings import ClientLimits

from .tokens import Tokens


class Accounts:
    """Manage the clients' accounts, children of the agent's own; limits come from a token, else from the settings."""

    def __init__(self, agent: Agent, tokens: Tokens) -> None:
        self._agent = agent
        self._tokens = tokens
        self._known: dict[str, Account] = {}

    async def limits(self, client: str) -> ClientLimits:
        """Return the current limits of a client."""
        return await self._tokens.limits(client) or self._agent.settings.serve.limits(client)

    async def of(self, client: str) -> Account:
        """Return the account of a client with its current limits, charged with what all its searches have spent."""
        if client not in self._known:
            total = Spent()
            for search in await self._agent.store.searches_of(client):
                total += await spent(self._agent.store, search, self._agent.prices)
            self._known.setdefault(client, Account(Budget(), parent=self._agent.batch, spent=total))
        account = self._known[client]
        account.allow((await self.limits(client)).budget)
        return account

    async def open(self, client: str) -> Account:
        """Return the client's account; raise ClientBudgetReached when its budget is used up."""
        account = await self.of(client)
        if reached := account.exhausted():
            raise ClientBudgetReached(
                f"client {client} has used up its budget: {reached}; raise its limits to continue"
            )
        return account
