"""Print the report of a finished search: the code, a comparison with the first sample, the reason it won, the cost."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.domain.artifact import Artifact
from orps_agent.domain.calibration import Calibration
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.execution import StaticAnalysis, TestResult
from orps_agent.domain.problem import SnippetTest
from orps_agent.domain.result import SearchResult, Usage
from orps_agent.util.text import duration, money, safe


def print_report(console: Console, result: SearchResult) -> None:
    """Print the report of a search that has ended."""
    if not result.candidates:
        console.print("The search ended before its first candidate.", style="bold red")
    elif result.winner is None:
        console.print(f"None of the {result.candidates} candidates contained usable code.", style="bold red")
        if result.first and result.first.error:
            console.print(f"Error of the first candidate: {safe(result.first.error)}", markup=False)
    else:
        if result.solution:
            _print_solution(console, result.solution)
        console.print()
        console.print(_comparison(result))
        _print_failures(console, result.winner)
        _print_flags(console, result.winner)
        console.print(f"Candidate {result.winner.id} ({result.winner.hint}) {result.why}.", markup=False)
    _print_trust(console, result)
    if result.comparison is not None:
        console.print(f"CPU time against the first sample's, measured in turns: {result.comparison}.", markup=False)
    if result.verification is not None:
        report = result.verification
        console.print(f"On the held-back tests it passes {report.passed} of {len(report.results)}.")
    print_calibration(console, result.calibration)
    console.print(f"Ended: {ENDINGS.get(result.reason, result.reason)}. {_cost(result.candidates, result.usage)}")
    if result.reason.startswith(OUT_OF_BUDGET):
        console.print(f"To continue: orps resume {result.search} with a larger --max-...", style="dim")
    console.print(f"The tree: orps show {result.search}", style="dim")


ENDINGS = {
    "rounds": "all rounds are done",
    "closed": "no branch is open: the critic saw nothing left to improve, or there was no reply",
    "solved": "a candidate passes all tests",
}


def _comparison(result: SearchResult) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("winner", justify="right")
    table.add_column("first sample", justify="right", style="dim")
    for name, ours, theirs in zip(_ROWS, _measures(result.winner), _measures(result.first), strict=True):
        if ours != "-" or theirs != "-":
            table.add_row(name, ours, theirs)
    return table


_ROWS = (
    "tests passed",
    "outcome reward",
    "critic's score",
    "CPU time per test",
    "page faults per test",
    "lines",
    "AST nodes",
    "cyclomatic",
    "cognitive",
)


def _measures(candidate: Candidate | None) -> list[str]:
    if candidate is None or candidate.report is None:
        return ["-"] * len(_ROWS)
    report, size = candidate.report, candidate.analysis
    time_ns, faults = report.mean("cpu_ns"), report.mean("page_faults")
    static = ["-"] * 4
    if isinstance(size, StaticAnalysis):
        static = [str(size.lines), str(size.ast_nodes), f"{size.cyclomatic:.1f}", f"{size.cognitive:.1f}"]
    return [
        f"{report.passed}/{len(report.results)}",
        f"{candidate.outcome.percent:.0f}%" if candidate.outcome else "-",
        f"{candidate.process}/5" if candidate.process else "-",
        _time(time_ns),
        "-" if faults is None else f"{faults:.0f}",
        *static,
    ]


def _time(nanoseconds: float | None) -> str:
    if nanoseconds is None:
        return "-"
    return f"{nanoseconds / 1e3:.1f} µs" if nanoseconds < 1e6 else f"{nanoseconds / 1e6:.2f} ms"


def _print_solution(console: Console, solution: Artifact) -> None:
    if not console.is_terminal:
        console.print(Text(safe(solution.source)), soft_wrap=True)
        return
    console.print(highlighted(solution))


def highlighted(solution: Artifact) -> RenderableType:
    """Render a solution in its language's colours."""
    from rich.syntax import Syntax  # slow to import and to set up, and used in a terminal only

    return Syntax(safe(solution.source), solution.fence, background_color="default", word_wrap=True)


def _print_failures(console: Console, winner: Candidate) -> None:
    for result in winner.report.results if winner.report else ():
        if not result.passed:
            console.print(_line(result), style="red", markup=False, overflow="ellipsis", no_wrap=True)


def _print_flags(console: Console, candidate: Candidate) -> None:
    for flag in candidate.report.flags if candidate.report else ():
        console.print(safe(f"  {flag.severity}: {flag.kind}; {flag.evidence}"), style="bold yellow", markup=False)


def _print_trust(console: Console, result: SearchResult) -> None:
    """Print the tests that a model wrote, and which of them the agreement of the solutions confirms."""
    trusted = set(result.agreement.tests) if result.agreement else set()
    if result.written is None:
        if result.agreement is not None:
            count = result.winner.report.results if result.winner and result.winner.report else ()
            console.print(f"Trusted by agreement: {len(trusted)} of {len(count)} tests.")
        return
    console.print(
        "A model wrote the tests" + ("; by agreement of the solutions they are:" if result.agreement else ":")
    )
    for test in result.written.tests:
        mark = "" if result.agreement is None else "trusted  " if test.name in trusted else "doubtful "
        code = test.code if isinstance(test, SnippetTest) else ""
        style = "yellow" if mark == "doubtful " else None
        console.print(safe(f"  {mark}{code}"), style=style, markup=False, highlight=False, soft_wrap=True)


def _line(result: TestResult) -> str:
    words = f"  {result.name}: {result.verdict}"
    if result.error:
        words += f", {result.error}"
    if result.expected is not None:
        words += f"; expected {result.expected}, got {result.actual}"
    return safe(words)


def _cost(candidates: int, usage: Usage) -> str:
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        tokens = "tokens not reported"
    else:
        cached = f" ({usage.cached_tokens:,} of them cached)" if usage.cached_tokens else ""
        tokens = f"{usage.prompt_tokens + usage.completion_tokens:,} tokens{cached}"
    failed = f" and {usage.failed_model_calls} that failed" if usage.failed_model_calls else ""
    cost = "price unknown" if usage.cost is None else money(usage.cost)
    words = (
        f"{candidates} candidates, {usage.model_calls} model calls{failed}, {usage.executions} executions, {tokens},"
        f" {cost}{f', {duration(usage.seconds)}' if usage.seconds else ''}."
    )
    if usage.reused_model_calls or usage.reused_executions:
        saved = f", {money(usage.reused_cost)} not spent again" if usage.reused_cost else ""
        words += f" {_short(usage.reused_model_calls)} model calls and {_short(usage.reused_executions)} executions"
        words += f" reused{saved}."
    if usage.possibly_paid_twice:
        words += f" Possibly paid twice: {usage.possibly_paid_twice} model calls."
    return words


def print_calibration(console: Console, calibration: Calibration) -> None:
    """Print how well the critic's scores agree with the tests, if at least two candidates have both."""
    if calibration.pairs < 2:
        return
    console.print(calibration.words)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("critic's score", "passed no tests", "some", "all"):
        table.add_column(name, justify="right")
    for score, each in calibration.confusion.items():
        table.add_row(str(score), str(each.none), str(each.some), str(each.all))
    console.print(table)


def _short(count: int) -> str:
    """Format a count, such as `142` or `3.1k`."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k"


def print_candidate(console: Console, candidate: Candidate) -> None:
    """Print a candidate: reasoning, critique, error, code, the result of every test, rewards."""
    console.print(
        f"candidate {candidate.id}, round {candidate.round}, {candidate.status}: {candidate.hint}",
        style="bold",
    )
    for title, text in (
        ("Thoughts", candidate.reasoning),
        ("Critique", candidate.critique),
        ("Error", candidate.error),
    ):
        if text:
            console.print(f"\n{title}", style="bold")
            console.print(safe(text), markup=False)
    if candidate.solution:
        console.print("\nCode", style="bold")
        _print_solution(console, candidate.solution)
    if candidate.report:
        console.print("\nTests", style="bold")
        for result in candidate.report.results:
            console.print(_line(result), markup=False, style="green" if result.passed else "red")
        _print_flags(console, candidate)
    if candidate.outcome:
        console.print(f"\nOutcome reward {candidate.outcome.value:.3f}, critic's score {candidate.process or '-'}")
        for part in candidate.outcome.parts:
            if part.score is not None:
                console.print(f"  {part.group} {part.name}: {part.raw:,.1f} scores {part.score:.3f}", style="dim")
