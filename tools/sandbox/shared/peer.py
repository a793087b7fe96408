"""Exchange requests for operations on objects that the other side owns.

A message is a JSON list. `["op", name, arguments, keywords]` asks; the answer is `["ok", value, changes]` or
`["raise", error, changes]`, and before it answers, the asked side may ask in turn (a callback). `changes` are the
mutable arguments that the operation altered, so that the caller sees what it would have seen in one process.

`["h", number, traits, name, parent]` refers to an object that stays with the sender, `["m", number]` to one of the
receiver's.
"""

from __future__ import annotations

from typing import Any

from .values import SNAPSHOTS, Codec, Node
from .wire import Channel, Surprise

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""Errors that reading a value may raise when the bytes are garbage."""


class Peer:
    """Implement one side of the protocol; each side decides for itself which operations it allows."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._own: list[Any] = []
        self._own_numbers: dict[int, int] = {}

    # what the two sides do differently

    def perform(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Carry out an operation that the other side asked for."""
        raise NotImplementedError

    def traits(self, value: Any) -> str:
        """Return the traits of an object of ours that the other side needs, one letter each."""
        raise NotImplementedError

    def parent(self, value: Any) -> Node:
        """Return the base of an exception class, or the name of the builtin one; None for other values."""
        return None

    def adopt(self, number: int, traits: str, name: str, parent: Node) -> Any:
        """Return a stand-in for an object of the other side."""
        raise NotImplementedError

    def number_of(self, value: Any) -> int | None:
        """Return the number of the other side's object that this value stands for; None when it is ours."""
        raise NotImplementedError

    def describe_error(self, error: BaseException, codec: Codec) -> Node:
        """Write an exception."""
        raise NotImplementedError

    def rebuild_error(self, node: Node, codec: Codec) -> BaseException:
        """Read an exception that the other side wrote."""
        raise NotImplementedError

    # the conversation

    def ask(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Request an operation from the other side; raise what it raised there, or Surprise."""
        codec = self._codec()
        asked = [codec.encode(each) for each in arguments]
        self._send(["op", name, asked, {key: codec.encode(value) for key, value in keywords.items()}])
        while True:
            message = self.channel.receive()
            if type(message) is not list or not message or message[0] not in ("op", "ok", "raise"):
                raise Surprise("a message is malformed")
            if message[0] == "op":
                self.serve(message)
                continue
            return self._conclude(message, codec)

    def _conclude(self, message: list[Any], codec: Codec) -> Any:
        try:
            kind, node, changes = message
            answer = codec.decode(node) if kind == "ok" else self.rebuild_error(node, codec)
            for number, contents in changes:
                codec.replace(codec.reference(number), contents)
        except _UNREADABLE as error:
            raise Surprise(f"an answer is malformed: {type(error).__name__}") from error
        if kind == "raise":
            raise answer
        return answer

    def serve(self, message: list[Any]) -> None:
        """Carry out a request of the other side and send the answer."""
        codec = self._codec()
        try:
            _, name, asked, options = message
            arguments = [codec.decode(node) for node in asked]
            keywords = {key: codec.decode(node) for key, node in options.items()}
        except _UNREADABLE as error:
            raise Surprise(f"a request is malformed: {type(error).__name__}") from error
        before = [(each, SNAPSHOTS[type(each)](each)) for each in codec.containers]
        try:
            answer = ["ok", codec.encode(self.perform(name, arguments, keywords))]
        except Surprise:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the side that asked
            answer = ["raise", self.describe_error(error, codec)]
        changes = [
            [number, codec.contents(container)]
            for number, (container, old) in enumerate(before)
            if SNAPSHOTS[type(container)](container) != old
        ]
        self._send([*answer, changes])

    def _send(self, message: list[Any]) -> None:
        self.channel.send(message)

    def _codec(self) -> Codec:
        return Codec(self._refer, self._resolve)

    def _refer(self, value: Any) -> Node:
        theirs = self.number_of(value)
        if theirs is not None:
            return ["m", theirs]
        number = self._own_numbers.setdefault(id(value), len(self._own))
        if number == len(self._own):
            self._own.append(value)
        name = getattr(value, "__name__", None)
        name = name if type(name) is str else type(value).__name__
        return ["h", number, self.traits(value), name, self.parent(value)]

    def _resolve(self, node: list[Any]) -> Any:
        tag, number = node[:2]
        if type(number) is not int or number < 0:
            raise Surprise("a value is malformed")
        if tag == "m":
            return self._own[number]
        if tag != "h" or type(node[2]) is not str or type(node[3]) is not str:
            raise Surprise("a value is malformed")
        return self.adopt(number, node[2], node[3][:100], node[4])

    def _owns(self, value: Any) -> bool:
        return id(value) in self._own_numbers
