"""Watch one service over HTTP with many clients, some of which disconnect now and then and come back."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field


@dataclass
class Watcher:
    """Watch one search's events from the first to the last, over one connection at a time."""

    search: str
    chance: random.Random | None = None
    """Source of random moments at which it disconnects, to reconnect with Last-Event-ID; None: never."""
    patience: float = 1.0
    """Mean duration of a connection in seconds, if it disconnects at all."""
    seen: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    """Seconds from each event's emission to its arrival, for events emitted while this watcher was connected."""
    connections: int = 0

    async def follow(self, port: int) -> None:
        """Watch the search to its end."""
        ended = False
        while not ended:
            holds = self.chance.expovariate(1 / self.patience) if self.chance else None
            try:
                async with asyncio.timeout(holds):
                    ended = await self._connection(port)
            except TimeoutError:
                pass

    async def _connection(self, port: int) -> bool:
        """Read one connection to its end; return True when the search has ended with it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.connections += 1
        last = self.seen[-1] if self.seen else 0
        path = f"/api/searches/{self.search}/events"
        head = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nLast-Event-ID: {last}\r\n\r\n"  # 1.0: not in chunks
        writer.write(head.encode())
        opened = time.time()
        try:
            assert b" 200 " in await reader.readline()
            kind = b""
            async for line in reader:
                name, _, value = line.rstrip(b"\n").partition(b": ")
                if name == b"event":
                    kind = value
                elif name == b"data" and kind == b"ended":
                    return True
                elif name == b"data":
                    self._take(json.loads(value), opened)
            return False
        finally:
            writer.close()

    def _take(self, event: dict[str, object], opened: float) -> None:
        number, told = event["id"], event["at"]
        assert isinstance(number, int)
        assert isinstance(told, float)
        self.seen.append(number)
        if told >= opened:
            self.delays.append(time.time() - told)


async def follow_all(watchers: list[Watcher], port: int) -> None:
    """Run all watchers at the same time, each to the end of its search."""
    async with asyncio.TaskGroup() as tasks:
        for each in watchers:
            tasks.create_task(each.follow(port))
