"""Parts of orps that are chosen by name: the built-in ones, and those that installed packages add by entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from orps_agent.errors import OrpsError, PluginError, SettingsError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Part = TypeVar("Part")
Made = TypeVar("Made")
Given = ParamSpec("Given")


@dataclass(frozen=True)
class Plugin:
    """Describe a part that an installed package offers; nothing of the package is imported before `load`."""

    name: str
    package: str
    version: str
    load: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.name} ({self.package} {self.version})"


@cache
def installed(group: str) -> tuple[Plugin, ...]:
    """Return what the installed packages offer under an entry-point group, by name; read once a process."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow, and few commands need it

    found = [_plugin(entry) for entry in entry_points(group=group)]
    return tuple(sorted(found, key=lambda each: (each.name, each.package)))


def _plugin(entry: EntryPoint) -> Plugin:
    package, version = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "")
    return Plugin(entry.name, package, version, entry.load)


class Registry(Generic[Part]):
    """Find the parts of one kind by name: the built-in ones first, then those of the entry-point group.

    A built-in name cannot be taken by a package. `setting` is where a user writes such a name, for error messages;
    `kind` is the class that every part must be an instance of.
    """

    def __init__(
        self, group: str, noun: str, built_in: Mapping[str, Part], *, setting: str = "", kind: Any = Callable
    ) -> None:
        self.group = group
        self.noun = noun
        self.built_in = built_in
        self._setting = setting or noun
        self._kind = kind

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or any(each.name == name for each in installed(self.group))

    def names(self) -> tuple[str, ...]:
        """Return all names, the built-in ones first; imports no package."""
        return tuple(dict.fromkeys([*self.built_in, *(each.name for each in self.plugins())]))

    def plugins(self) -> tuple[Plugin, ...]:
        """Return what installed packages add; imports none of them."""
        return tuple(each for each in installed(self.group) if each.name not in self.built_in)

    def find(self, name: str) -> Part:
        """Return the part of a name, importing the package that has it.

        Raises SettingsError for a name that there is not, PluginError where the package's part cannot be used.
        """
        if name in self.built_in:
            return self.built_in[name]
        plugin = self._plugin(name)
        try:
            part = plugin.load()
        except Exception as error:  # whatever a package's code raises: the user needs its name, not its traceback
            raise self.broken(name, f"cannot be imported: {_line(error)}") from error
        if not isinstance(part, self._kind):
            raise self.broken(name, f"is a {type(part).__name__}, and must be a {self._kind.__name__}")
        found: Part = part
        return found

    def broken(self, name: str, why: str) -> PluginError:
        """Return the error for a package's part that cannot be used, in one line that names the package."""
        plugin = self._plugin(name)
        return PluginError(
            f"{self.noun} {name!r} of the package {plugin.package} {plugin.version} {why}; update or remove the package"
        )

    def _plugin(self, name: str) -> Plugin:
        found = [each for each in self.plugins() if each.name == name]
        if not found:
            known = ", ".join(self.names())
            raise SettingsError(
                f"{self._setting}: there is no {self.noun} {name!r}: take one of {known}, or install the package that"
                " has it"
            )
        if len(found) > 1:
            packages = " and ".join(each.package for each in found)
            raise SettingsError(f"{self._setting}: {self.noun} {name!r} is in {packages}: remove one of these packages")
        return found[0]


class Factories(Registry[Callable[Given, Made]], Generic[Given, Made]):
    """Parts that are called to make what a search works with; what is made must have all that `protocol` has."""

    def __init__(
        self,
        group: str,
        noun: str,
        built_in: Mapping[str, Callable[Given, Made]],
        *,
        protocol: type[Any],
        setting: str = "",
    ) -> None:
        super().__init__(group, noun, built_in, setting=setting)
        self._protocol = protocol

    def make(self, name: str, /, *given: Given.args, **named: Given.kwargs) -> Made:
        """Make the part of a name; raises SettingsError or PluginError as `find` does, and what the part itself raises.

        An exception that is no OrpsError becomes a PluginError.
        """
        part = self.find(name)
        if name in self.built_in:
            return part(*given, **named)
        try:
            made = part(*given, **named)
        except OrpsError:
            raise
        except Exception as error:  # as in `find`
            raise self.broken(name, f"cannot be made: {_line(error)}") from error
        if missing := sorted(each for each in _members(self._protocol) if not hasattr(made, each)):
            raise self.broken(name, f"has no {', '.join(missing)}, which {self._protocol.__name__} demands")
        return made


def _members(protocol: type[Any]) -> set[str]:
    """Return the public names of a class, and those that `async with` needs where it has them."""
    names = {name for base in protocol.__mro__ for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    return {name for name in names if not name.startswith("_") or name in ("__aenter__", "__aexit__")}


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
