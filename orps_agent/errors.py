"""Define every error that orps raises on purpose, in one tree.

    OrpsError
    ├── UsageError               the request is wrong; nothing was spent                 (exit 2)
    │   ├── ProblemError         a problem file, its statement, its tests
    │   ├── DatasetError         a benchmark's file or folder, or bad rows where none are allowed
    │   ├── SettingsError        a setting, a flag, an environment variable
    │   ├── PromptError          a prompt template is missing or broken
    │   ├── UnknownSearch        no search with that id in this database
    │   ├── SearchEnded          the operation is impossible because the search has ended
    │   ├── UnknownCandidate     no candidate with that id in this search
    │   ├── RequestError         a request to the service is malformed or unsupported
    │   ├── AccessDenied         a request to the service, or a service open to others, lacks a token
    │   ├── KeyReused            an idempotency key was used again for another submission
    │   └── ClientBudgetReached  a client of the service has exhausted its budget
    └── CannotRun                the request is valid, but cannot be done here            (exit 3)
        ├── EndpointError        a model endpoint is unreachable, or refuses every call
        │   └── ReplyError       one call ended without a usable reply
        │       ├── NeverRecorded    a replay needs a result that is not in the recorded search
        │       └── BudgetReached    a call was not made, as it would exceed the budget
        ├── NoUsableTest         a model wrote no test that could judge a solution
        ├── HubError             a dataset cannot be downloaded from the hub
        ├── ModelFileError       the embedded model cannot be fetched, verified or loaded
        ├── MissingExtra         a required library is not installed with orps itself
        ├── PluginError          an installed package's plugin cannot be used
        ├── ServiceError         a service cannot be reached, or is not an orps service
        ├── ExecutorError        the sandbox cannot be set up on this machine
        ├── SearchInterrupted    the search was stopped before its end; it can be resumed
        │   └── SearchCancelled  a user cancelled the search
        └── StoreError           the SQLite file cannot be opened, read or written
            └── SearchOwned      another process is working on this search

Every message states in one line what happened, to what, and what to do about it.
"""


class OrpsError(Exception):
    """Serve as the base of every error that orps raises on purpose; its text is one line for the user."""


class UsageError(OrpsError):
    """Signal that the request is wrong; nothing was run and nothing was spent."""


class ProblemError(UsageError):
    """Signal that a problem cannot be used as written; the message names the file and the place in it."""


class DatasetError(UsageError):
    """Signal that a benchmark cannot be read, or has bad rows where none are allowed.

    `faults` has one line for each bad row.
    """

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class SettingsError(UsageError):
    """Signal that a setting is wrong; the message names it and explains how to set it."""


class PromptError(UsageError):
    """Signal that a prompt template is missing, does not parse, or uses an undefined name."""


class UnknownSearch(UsageError):
    """Signal that the database has no such search."""


class SearchEnded(UsageError):
    """Signal that the search has ended; the message explains how."""


class UnknownCandidate(UsageError):
    """Signal that the search has no such candidate."""


class RequestError(UsageError):
    """Signal that a request to the service is malformed, too large, or for something that does not exist."""


class AccessDenied(UsageError):
    """Signal that the service requires a valid token, or may not be opened to other machines without one."""


class KeyReused(UsageError):
    """Signal that an idempotency key was used before, for another submission."""


class ClientBudgetReached(UsageError):
    """Signal that a client of the service has exhausted its budget over all its searches."""


class CannotRun(OrpsError):
    """Signal that the request is valid, but this machine, network or file system cannot serve it now."""


class EndpointError(CannotRun):
    """Signal that a model endpoint is unreachable, or refuses calls so that retrying is useless."""


class ReplyError(EndpointError):
    """Signal that a single call ended without a usable reply; its candidate fails, the search continues."""


class NeverRecorded(ReplyError):
    """Signal that a replay needs an effect that the recorded search never had, so that its result is unknown."""


class BudgetReached(ReplyError):
    """Signal that a call was not made, as it would exceed the budget; its candidate is halted, the search ends."""


class NoUsableTest(CannotRun):
    """Signal that a problem has no tests, and the model wrote none that judges a solution; a resume tries again."""


class HubError(CannotRun):
    """Signal that a dataset cannot be downloaded from the hub: no package, no network, or no such dataset."""


class ModelFileError(CannotRun):
    """Signal that the embedded model's file cannot be fetched, verified, unpacked or loaded."""


class MissingExtra(CannotRun):
    """Signal that a library of an optional extra is missing; the message explains how to install it."""


class PluginError(CannotRun):
    """Signal that a plugin of an installed package cannot be imported or is incomplete; the message names it."""


class ServiceError(CannotRun):
    """Signal that a service cannot be reached, or that the server at this URL is not an orps service."""


class ExecutorError(CannotRun):
    """Signal that candidates cannot be run here safely; the message names the missing piece and how to get it."""


class SearchInterrupted(CannotRun):
    """Signal that the search was stopped before its end; finished work is stored, and it can be resumed."""


class SearchCancelled(SearchInterrupted):
    """Signal that a user cancelled the search; its results are stored, and it can still be resumed."""


class StoreError(CannotRun):
    """Signal that the SQLite file cannot be opened, read or written; the message names the file."""


class SearchOwned(StoreError):
    """Signal that another live process runs this search; the message names its pid and host."""
