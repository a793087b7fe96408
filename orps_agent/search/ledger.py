"""Account for stored searches: what earlier runs spent, and at which prices."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orps_agent.budget.account import Account, Budget, Spent
from orps_agent.budget.clock import Span, only_waiting
from orps_agent.budget.prices import Price, PriceTable
from orps_agent.domain.search import Search
from orps_agent.errors import SettingsError
from orps_agent.settings import Settings
from orps_agent.store import CallRecord, Store
from orps_agent.util.validation import first_problem

_PRICES = TypeAdapter(dict[str, Price])


def load_prices(settings: Settings) -> PriceTable:
    """Load the user's prices, then those of the user's file, then the built-in ones; the first match counts.

    Raises SettingsError that names the file and the place in it.
    """
    own = _read(settings.prices_file) if settings.prices_file else {}
    with resources.as_file(resources.files("orps_agent.budget") / "prices.toml") as path:
        built_in = _read(path)
    # A pattern keeps the place where it came first, and the price where it came last: hence both ways round.
    return PriceTable({**settings.prices, **own, **built_in, **own, **settings.prices})


def _read(path: Path) -> dict[str, Price]:
    try:
        return _PRICES.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"prices_file {path}: {error.strerror}; name a readable TOML file") from error
    except ValidationError as error:
        raise SettingsError(f"prices_file {path}: {first_problem(error)}") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise SettingsError(f"prices_file {path}: {error}") from error


def refuse_unpriced(row: Search, prices: PriceTable, batch: Budget) -> None:
    """Raise SettingsError where a limit on money is set that cannot be kept, because a model's price is not known."""
    if row.config.budget.cost is None and batch.cost is None:
        return
    judges = (row.critic,) if row.config.process_reward else ()
    testers = () if len(row.problem.tests) else (row.tester or row.programmer,)
    for model in dict.fromkeys((row.programmer, *judges, *testers)):
        if prices.price(model) is None:
            raise SettingsError(
                f"budget.cost: the price of model {model!r} is not known: give it in the settings file as"
                f' [prices."{model}"] with prompt and completion, in USD for a million tokens, or set no limit on money'
            )


async def open_account(store: Store, row: Search, prices: PriceTable, batch: Account) -> Account:
    """Open the search's account within its batch's, with what its earlier runs spent already on it."""
    return Account(row.config.budget, parent=batch, spent=await spent(store, row.id, prices))


async def spent(store: Store, search: str, prices: PriceTable) -> Spent:
    """Sum what all runs of a search have spent so far, including calls whose outcome is unknown."""
    calls = await store.calls(search)
    spans = [_spans(call.started_at, call.waited or 0.0, call.seconds or 0.0) for call in calls]
    spans += [_spans(each.started_at, 0.0, each.seconds or 0.0) for each in await store.executions(search)]
    waited = only_waiting([waiting for waiting, _ in spans], [working for _, working in spans])
    total = sum((_charge(call, prices) for call in calls), Spent())
    return total + Spent(seconds=await store.seconds(search), waited=waited)


def _spans(begun: float, waited: float, seconds: float) -> tuple[Span, Span]:
    """Return when a try waited for its turn, and when it was at work."""
    sent = begun + waited
    return (begun, sent), (sent, sent + seconds)


def _charge(call: CallRecord, prices: PriceTable) -> Spent:
    """Return the cost of one try of a call; where it is unknown, that of a reply of maximum length."""
    prompt = call.prompt_tokens or 0
    completion = call.completion_tokens
    if completion is None:
        completion = call.parameters.get("max_tokens", 0)
    cost = call.cost
    if cost is None:
        cost = prices.cost(call.model, prompt, completion, cached_tokens=call.cached_tokens or 0)
    return Spent(calls=1, tokens=prompt + completion, cost=cost or 0.0)
