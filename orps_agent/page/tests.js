// How tests went.

const MOST_TESTS = 200; // rows of tests shown; those that did not pass come first

/**
 * Every test with its verdict; what was expected and what came, where the two differ.
 * @param {ExecutionReport} report
 * @param {Suite | undefined} suite
 * @param {Agreement} [agreement] where a model wrote the tests: says which of them to trust
 */
function testsTable(report, suite, agreement) {
  const code = new Map(
    (suite?.tests ?? []).map((test) => [test.name, test.kind === "snippet" ? test.code : `stdin: ${test.stdin}`]),
  );
  const passes = (/** @type {TestResult} */ result) => Number(result.verdict === "pass");
  const results = [...report.results].sort((a, b) => passes(a) - passes(b));
  const trusted = agreement && new Set(agreement.tests);
  const rows = results
    .slice(0, MOST_TESTS)
    .map((result) => testRow(result, code.get(result.name), trusted?.has(result.name)));
  const left = results.length - rows.length;
  return el("div", el("ul.tests", ...rows), left ? el("p.more", `and ${left} more`) : null);
}

/**
 * @param {TestResult} result
 * @param {string | undefined} code
 * @param {boolean | undefined} trusted undefined where that is no question
 */
function testRow(result, code, trusted) {
  const pair = (/** @type {string} */ name, /** @type {string | undefined} */ text) =>
    text === undefined ? [] : [el("dt", name), el("dd", text)];
  const verdict = result.verdict === "pass" ? "pass" : result.verdict === "not_run" ? "none" : "fail";
  const facts = [
    ...pair("expected", result.expected),
    ...pair("actual", result.actual),
    ...pair("error", result.error),
    ...pair("trust", result.verdict === "pass" && result.trust !== "split" ? result.trust : undefined),
    ...pair("limit", result.short_limit ? "shortened, after an earlier test ran into one" : undefined),
  ];
  return el(
    "li",
    el(`span.chip.${verdict}`, result.verdict.replace("_", " ")),
    el("span.name", result.name),
    trusted === undefined ? null : el(`span.chip${trusted ? ".gold" : ""}`, trusted ? "trusted" : "doubtful"),
    code === undefined ? null : el("code", code),
    facts.length ? el("dl", ...facts) : null,
  );
}
