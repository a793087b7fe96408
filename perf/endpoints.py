"""Measure what faults cost in wall time, and what a call costs in memory and CPU beside the bare openai client.

    python -m perf.endpoints faults --calls 400
    python -m perf.endpoints load --calls 1000
    python -m perf.endpoints samples --calls 20

`faults` runs the same calls against the same server without faults and with 10% of them, in turns, and subtracts the
time for which the server had requested a pause; with `--samples` so many calls may share a request. `samples` searches
with so many candidates a round of the same prompt, each call in a request of its own and together, and prints the
number of requests and of paid prompt tokens. `load` holds all calls in flight at once, in a
process of its own for each side, against a server in a third process; each call carries 6 KB and gets 2 KB back.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anyio
import openai

from orps_agent import Agent, SearchConfig
from orps_agent.llm.base import Message, ModelReply, ModelRequest
from orps_agent.llm.openai.endpoint import Endpoint
from orps_agent.llm.openai.pool import EndpointModel
from orps_agent.llm.scripted import Rule, ScriptedModel
from orps_agent.settings.endpoints import CallPolicy, EndpointSettings, RoleSettings
from tests.support.faults import WAIT_SECONDS, RandomFaults
from tests.support.samples import DOUBLE, HALF, RIGHT, WRONG, settings
from tests.support.servers import ModelServer

PROMPT, REPLY = "word " * 1200, "code " * 400


class LongTail(ScriptedModel):
    """Reply after a lognormal time: the median as given, one of a hundred ten times slower, none more than that."""

    def __init__(self, median: float) -> None:
        super().__init__([Rule(reply=REPLY)])
        self.median = median

    async def complete(self, request: ModelRequest, on_piece: object = None) -> ModelReply:
        await anyio.sleep(self.median * min(10, random.Random(request.seed).lognormvariate(0, 1)))
        return await super().complete(request)


def asking(seed: int) -> ModelRequest:
    return ModelRequest(
        role="programmer",
        messages=(Message(role="user", content=PROMPT),),
        temperature=0.5,
        max_tokens=1500,
        seed=seed,
    )


def model_at(url: str, most: int, samples: int = 1) -> EndpointModel:
    settings = EndpointSettings(base_url=url, max_calls=most, timeout_seconds=60, samples_per_request=samples)
    return EndpointModel("scripted", [Endpoint(settings, "scripted")], policy=CallPolicy())


async def faults(calls: int, rounds: int, median: float, samples: int) -> None:
    ratios = []
    for turn in range(rounds):
        plain, _ = await _wall(calls, 0.0, turn, median, samples)
        faulty, asked = await _wall(calls, 0.1, turn, median, samples)
        ratios.append((faulty - asked) / plain)
        print(f"no faults {plain:.2f} s; 10% {faulty:.2f} s, of them asked for {asked:.2f} s: {ratios[-1]:.2f}x")
    print(f"median {statistics.median(ratios):.2f}x, from {min(ratios):.2f} to {max(ratios):.2f}")


async def _wall(calls: int, share: float, seed: int, median: float, samples: int) -> tuple[float, float]:
    """Return the wall time of all calls, and the time for which the server had requested a pause, in seconds."""
    async with ModelServer(LongTail(median), offers=["scripted"]) as server, model_at(server.url, 32, samples) as model:
        server.samples = samples
        server.chance = RandomFaults(share, seed=seed)
        started = time.monotonic()
        async with anyio.create_task_group() as group:
            for number in range(calls):
                group.start_soon(model.complete, asking(number))
        wall = time.monotonic() - started
        assert samples > 1 or len({each["seed"] for each in server.requests}) == calls
        asked, until = 0.0, 0.0
        for fault, at in server.struck:
            if fault == "429 wait":
                asked += max(0.0, at + WAIT_SECONDS - max(at, until))
                until = max(until, at + WAIT_SECONDS)
        return wall, asked


async def samples(candidates: int) -> None:
    rules = [Rule(role="programmer", replies=(RIGHT, HALF, WRONG), delay=0.3), Rule(reply="SCORE: 3", delay=0.3)]
    config = SearchConfig(samples=candidates, rounds=2, beam=1)
    for at_once in (1, candidates):
        async with ModelServer(ScriptedModel(rules), offers=["scripted"]) as server, AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server.samples = at_once
            (folder / "hints.toml").write_text('[[hints]]\nname = "none"\ntext = "Solve it."\n')
            told = settings(
                folder,
                model="scripted",
                prompts=folder,
                roles={"programmer": RoleSettings(endpoints=("a",))},
                endpoints={"a": EndpointSettings(base_url=server.url, samples_per_request=at_once)},
            )
            async with Agent(told) as agent:
                usage = (await agent.solve(DOUBLE, config)).usage
            print(f"at most {at_once} a request: {usage.model_calls} calls, {len(server.requests)} requests,"
                  f" {usage.prompt_tokens} prompt tokens, {usage.seconds:.1f} s")  # fmt: skip


def load(calls: int, rounds: int) -> None:
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        extra = []
        for _ in range(rounds):
            bare, ours = _child("bare", url, calls), _child("ours", url, calls)
            extra.append(ours["cpu_ms"] - bare["cpu_ms"])
            for name, each in (("bare client", bare), ("orps", ours)):
                print(f"{name}: {each['cpu_ms']:.2f} ms of CPU a call, peak {each['peak_mb']:.0f} MB"
                      f" ({each['grown_mb']:.0f} MB above idle)")  # fmt: skip
            print(f"ratios: CPU {ours['cpu_ms'] / bare['cpu_ms']:.2f}, memory {ours['peak_mb'] / bare['peak_mb']:.2f}")
        print(f"CPU a call above the bare client, median: {statistics.median(extra):.2f} ms")
        server.terminate()


def _child(side: str, url: str, calls: int) -> dict[str, float]:
    told = subprocess.run(
        [sys.executable, __file__, "child", "--side", side, "--url", url, "--calls", str(calls)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(told.stdout))


async def child(side: str, url: str, calls: int) -> dict[str, float]:
    """Run all calls in flight at once, twice: the first time is a warm-up."""
    if side == "ours":
        model = model_at(url, calls)
        model.endpoints[0].limit._limit = float(calls)  # its value once the limit has adapted

        async def call(number: int) -> object:
            return await model.complete(asking(number))

    else:
        limits = openai.DefaultAsyncHttpxClient(trust_env=False)
        client = openai.AsyncOpenAI(api_key="x", base_url=url, max_retries=0, timeout=300, http_client=limits)

        async def call(number: int) -> object:
            return await client.chat.completions.create(
                model="scripted",
                messages=[{"role": "user", "content": PROMPT}],
                temperature=0.5,
                max_tokens=1500,
                seed=number,
            )

    await call(0)
    gc.collect()
    idle = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.gather(*(call(number) for number in range(calls)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - idle.ru_utime - idle.ru_stime
    return {
        "cpu_ms": 1000 * cpu / calls,
        "peak_mb": used.ru_maxrss / 1024,
        "grown_mb": (used.ru_maxrss - idle.ru_maxrss) / 1024,
    }


async def serve() -> None:
    async with ModelServer(ScriptedModel([Rule(reply=REPLY, delay=5)]), offers=["scripted"]) as server:
        print(server.url, flush=True)
        await anyio.sleep_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["faults", "load", "samples", "serve", "child"])
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--median", type=float, default=0.3, help="seconds of the median reply")
    parser.add_argument("--samples", type=int, default=1, help="how many calls may share a request")
    parser.add_argument("--side", choices=["bare", "ours"], default="ours")
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    match given.what:
        case "faults":
            anyio.run(faults, given.calls, given.rounds, given.median, given.samples)
        case "samples":
            anyio.run(samples, given.calls)
        case "load":
            load(given.calls, given.rounds)
        case "serve":
            asyncio.run(serve())
        case _:
            print(json.dumps(asyncio.run(child(given.side, given.url, given.calls))))


if __name__ == "__main__":
    main()
