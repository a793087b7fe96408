"""Check every answer against the OpenAPI schema, and that no request, allowed or not, causes a server error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error

from orps_agent.serve.routes import ROUTES
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script
from tests.support.serve.service_process import serving

EXAMPLES = int(os.environ.get("ORPS_FUZZ_EXAMPLES", "12"))
PLAN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="module", name="url")
def _url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("schema")
    with serving(folder, script(folder, *FIRST_HALF_THEN_RIGHT)) as service:
        yield service.url


def test_no_request_is_met_with_a_fault_of_ours(url: str) -> None:
    schema = schemathesis.openapi.from_dict(httpx.get(f"{url}/openapi.json").json())
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == len(ROUTES)
    asked = []
    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @PLAN
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                answer = case.call(base_url=url, timeout=30)
                case.validate_response(answer, checks=[not_a_server_error])
                asked.append(answer.status_code)

            with suppress(Unsatisfiable):  # an operation that takes nothing has nothing to be wrong
                ask()
    assert len(asked) >= len(ROUTES)
    assert {*asked} & {200, 201}
