"""Everything that orps raises on purpose, in one tree.

    OrpsError
    ├── UsageError               what was asked for is wrong; nothing was spent          (exit 2)
    │   ├── ProblemError         a problem file, its statement, its tests
    │   ├── DatasetError         a benchmark's file or folder, or, where none may be, its bad rows
    │   ├── SettingsError        a setting, a flag, an environment variable
    │   ├── PromptError          a prompt template is missing or broken
    │   ├── UnknownSearch        no search with that id in this database
    │   ├── SearchEnded          the search has ended, so that this cannot be done to it any more
    │   ├── UnknownCandidate     no candidate with that id in this search
    │   ├── RequestError         a request to the service is not one that it understands
    │   ├── AccessDenied         the service wants a token, or a service that is open to others needs one
    │   ├── KeyReused            an idempotency key came back with something else to do
    │   └── ClientBudgetReached  what a client of the service may spend is spent
    └── CannotRun                what was asked for is right, but cannot be done here     (exit 3)
        ├── EndpointError        a model endpoint is unreachable, or refuses every call
        │   └── ReplyError       one call came back without a usable reply
        │       ├── NeverRecorded    a replay asked what the recorded search never asked
        │       └── BudgetReached    a call was not made, as it would go beyond the budget
        ├── NoUsableTest         a model was asked for tests and wrote none that could judge a solution
        ├── HubError             a dataset cannot be had from the hub
        ├── ModelFileError       the embedded model cannot be fetched, verified or loaded
        ├── MissingExtra         a library is needed that is not installed with orps itself
        ├── PluginError          what an installed package adds to orps cannot be used
        ├── ServiceError         a service cannot be reached, or answers as none of ours
        ├── ExecutorError        the sandbox cannot be set up on this machine
        ├── SearchInterrupted    the search was stopped before its end; it can be resumed
        │   └── SearchCancelled  somebody asked for its end
        └── StoreError           the SQLite file cannot be opened, read or written
            └── SearchOwned      another process is working on this search

Every message says what happened, to what, and what to do about it, in one line.
"""


class OrpsError(Exception):
    """Base of every error that orps raises on purpose; its text is one line meant for the user."""


class UsageError(OrpsError):
    """What was asked for is wrong; nothing was run and nothing was spent."""


class ProblemError(UsageError):
    """A problem cannot be used as written; the message names the file and the place in it."""


class DatasetError(UsageError):
    """A benchmark cannot be read, or has bad rows where none may be; `faults` has a line for each of these."""

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class SettingsError(UsageError):
    """A setting is wrong; the message names it and says how to set it."""


class PromptError(UsageError):
    """A prompt template is missing, does not parse, or uses a name that it is not given."""


class UnknownSearch(UsageError):
    """There is no such search in this database."""


class SearchEnded(UsageError):
    """The search has ended; the message says how."""


class UnknownCandidate(UsageError):
    """There is no such candidate in this search."""


class RequestError(UsageError):
    """A request to the service is malformed, too large, or for something that it does not have."""


class AccessDenied(UsageError):
    """The service wants a token that it knows, or may not be opened to other machines without one."""


class KeyReused(UsageError):
    """An idempotency key was used before, for another submission."""


class ClientBudgetReached(UsageError):
    """The service's client has spent what it may over all its searches."""


class CannotRun(OrpsError):
    """The request is sound but this machine, network or file system cannot serve it now."""


class EndpointError(CannotRun):
    """A model endpoint is unreachable, or refuses calls in a way that retrying does not mend."""


class ReplyError(EndpointError):
    """A single call ended without a usable reply; the candidate that asked for it fails, the search goes on."""


class NeverRecorded(ReplyError):
    """A replay came to an act that the recorded search never did, so that nobody knows its result."""


class BudgetReached(ReplyError):
    """A call was not made, as it would go beyond the search's budget; its candidate is halted, the search ends."""


class NoUsableTest(CannotRun):
    """A problem has no tests, and the model wrote none that could judge a solution; a resume asks it again."""


class HubError(CannotRun):
    """A dataset cannot be had from the hub: the package is missing, or the network, or there is no such dataset."""


class ModelFileError(CannotRun):
    """The embedded model's file cannot be fetched, verified, unpacked or loaded."""


class MissingExtra(CannotRun):
    """A library is needed that only comes with an extra; the message says how to install it."""


class PluginError(CannotRun):
    """What an installed package adds to orps cannot be imported or lacks something; the message names the package."""


class ServiceError(CannotRun):
    """A service cannot be reached, or what answers there does not answer as one of ours."""


class ExecutorError(CannotRun):
    """Candidates cannot be run here safely; the message names the missing piece and how to get it."""


class SearchInterrupted(CannotRun):
    """The search was stopped before its end; what was finished is stored, and the search can be resumed."""


class SearchCancelled(SearchInterrupted):
    """Somebody asked for the search's end; what it found is stored, and it can be resumed after all."""


class StoreError(CannotRun):
    """The SQLite file cannot be opened, read or written; the message names the file."""


class SearchOwned(StoreError):
    """Another live process holds this search; the message names its pid and host."""
