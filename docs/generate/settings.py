"""Generate the page settings.md from the settings' models and the sentences under their fields."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orps_agent.budget.account import Budget
from orps_agent.budget.prices import Price
from orps_agent.settings import QUICK, ExecutorSettings, SearchConfig, Settings
from orps_agent.settings.endpoints import EndpointSettings, RoleSettings
from orps_agent.settings.service_settings import ClientLimits, ServeSettings

from .words import words


@dataclass(frozen=True)
class Section:
    """Describe one table of the settings file."""

    model: type[BaseModel]
    table: str
    """Its name in the file, in capitals where the reader chooses it; empty for settings outside of any table."""
    title: str
    words: str


SECTIONS = (
    Section(Settings, "", "What stands in no table", "These come before the first `[table]` of the file."),
    Section(
        SearchConfig,
        "search",
        "The numbers of a search",
        "The paper's (section 4.1) by default, on the embedded model the second default, unless any of them is set:"
        " then the others are the paper's on every model. `--set NAME=VALUE` changes one for one search.",
    ),
    Section(
        Budget,
        "search.budget",
        "What a search may spend",
        "[budgets.md](budgets.md) says how it is kept; `--set budget.NAME=VALUE` changes one for one search.",
    ),
    Section(EndpointSettings, "endpoints.NAME", "Endpoints", "[models.md](models.md) says how they work together."),
    Section(
        RoleSettings,
        "roles.ROLE",
        "Roles",
        "`programmer`, `critic` and `tester`: [models.md](models.md#roles-and-endpoints).",
    ),
    Section(
        Price,
        "prices.NAME",
        "Prices",
        "In USD for a million tokens, by the model's name or a pattern: [budgets.md](budgets.md#prices).",
    ),
    Section(ExecutorSettings, "executor", "The executor", "[security.md](security.md) says what keeps a candidate in."),
    Section(ServeSettings, "serve", "The service", "`orps serve`: [service.md](service.md)."),
    Section(
        ClientLimits,
        "serve.client",
        "What a client of the service may have",
        "`[serve.client]` is for those that are not named, `[serve.clients.NAME]` for the client of that name.",
    ),
)
OF_THE_MACHINE = {
    "cache": "`orps` in the user's cache directory",
    "db": "`orps.db` in the user's data directory",
    "python": "the one that runs orps",
    "slots": "the number of cores that the program may use",
}
"""Texts for defaults that differ from machine to machine."""
MADE = "<!-- Made by `make docs` from the models of orps_agent: edit those, not this page. -->\n"
HEAD = """# Settings

Flags before environment before the settings file: `settings.toml` in your configuration directory, or the file that
`ORPS_CONFIG` names. What is set there holds for every command and for the library. A setting that is wrong is told in
one line with the variable or the file that it is from, before anything is spent.

```toml
model = "qwen3-coder"
base_url = "http://localhost:8000/v1"

[search]
samples = 8
rounds = 3

[search.budget]
seconds = 600
```

In the environment, names begin with `ORPS_`, and `__` stands between a table and its key. Names that you choose are in
small letters then (`ORPS_ENDPOINTS__ONE__MODEL` is `model` of `[endpoints.one]`). Lists and whole tables are written as
JSON:

```sh
ORPS_SEARCH__SAMPLES=8 ORPS_PRICES='{"mine": {"prompt": 1, "completion": 2}}' orps doctor
```

`none` in the column of defaults means: not set, which the column of meanings calls None.
"""


def settings_page() -> str:
    """Return the text of settings.md."""
    tables = "\n".join(line for section in SECTIONS for line in _section(section))
    return f"{MADE}{HEAD}\n{tables}\n"


def _section(section: Section) -> Iterator[str]:
    words = meanings(section.model)
    yield f"## {section.title}{f': `[{section.table}]`' if section.table else ''}\n\n{section.words}\n"
    yield "| key | variable | what it is | default | meaning |\n|---|---|---|---|---|"
    for name, field in section.model.model_fields.items():
        if not any(re.match(rf"{section.table}\.?{name}s?(\.[A-Z]+)?$", each.table) for each in SECTIONS):
            cells = (f"`{name}`", _variable(section, name), _kind(field), _default(section, name, field), words[name])
            yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    yield ""


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentence under each field; raises LookupError for a field without one."""
    (body,) = (
        each.body
        for each in ast.parse(textwrap.dedent(inspect.getsource(model))).body
        if isinstance(each, ast.ClassDef)
    )
    found = {
        field.target.id: " ".join(words.value.value.split())
        for field, words in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant) and isinstance(words.value.value, str)
    }
    if missing := [name for name in model.model_fields if name not in found]:
        raise LookupError(f"{model.__name__}.{missing[0]} has no sentence under it that says what it means")
    return found


def _variable(section: Section, name: str) -> str:
    path = [*section.table.split("."), name] if section.table else [name]
    if section.model is Price:
        return ""  # names of models hold what no variable's name can
    own = f"`ORPS_{'__'.join(path).upper()}`"
    return f"{own}, `OPENAI_{name.upper()}`" if name in ("base_url", "api_key") and not section.table else own


def _kind(field: FieldInfo) -> str:
    examples = " or ".join(f"`{each}`" for each in field.examples or ())
    told = [words(field.annotation), *_constraints(field), *([f"such as {examples}"] if examples else [])]
    return ", ".join(told)


_BOUNDS = {
    annotated_types.Ge: ("at least", "ge"),
    annotated_types.Gt: ("above", "gt"),
    annotated_types.Le: ("at most", "le"),
    annotated_types.Lt: ("below", "lt"),
    annotated_types.MinLen: ("entries: at least", "min_length"),
}


def _constraints(field: FieldInfo) -> Iterator[str]:
    for bound in field.metadata:
        if type(bound) in _BOUNDS:
            said, name = _BOUNDS[type(bound)]
            yield f"{said} {getattr(bound, name):,}"


def _default(section: Section, name: str, field: FieldInfo) -> str:
    if name in OF_THE_MACHINE:
        return OF_THE_MACHINE[name]
    if field.is_required():
        return "must be given"
    told = _shown(field.default)
    quick = _shown(getattr(QUICK, name)) if section.model is SearchConfig else told
    return told if quick == told else f"{told}; {quick}"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if value in ({}, ()) or isinstance(value, BaseModel):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
