// The search as a whole: what is shown while no candidate is opened.

/** @type {Record<string, string>} */
const ENDINGS = {
  rounds: "all rounds are done",
  closed: "no branch is open: the critic saw nothing left to improve, or there was no reply",
  solved: "a candidate passes all tests",
};

/**
 * @param {Search} search
 * @param {(node: TreeNode) => void} open
 * @returns {Node[]}
 */
function overview(search, open) {
  const { facts } = search;
  const parts = [
    el("h2", "The search"),
    factsTable(search),
    section("Winner", winnerView(search, open)),
    section("Problem", el("p.prose", facts.problem.statement)),
    facts.verification
      ? section("Winner on the held-back tests", testsTable(facts.verification, facts.problem.held_back))
      : null,
  ];
  return parts.filter((part) => part !== null);
}

/** @param {Search} search @param {(node: TreeNode) => void} open */
function winnerView({ winner, facts }, open) {
  if (!winner) return el("p", facts.status === "finished" ? "None: no candidate held any code." : "None yet.");
  return el(
    "div",
    el(
      "p",
      button(winner.id, () => open(winner)),
      ` ${winner.candidate.hint}. `,
      facts.why ?? null,
    ),
    facts.comparison === undefined ? null : el("p", `CPU time against the first sample's: ${facts.comparison}.`),
    codeListing(winner.candidate.code ?? ""),
  );
}

/** @param {Search} search */
function factsTable(search) {
  const { facts, calls } = search;
  const { config } = facts;
  const rows = [
    ["status", facts.reason === undefined ? facts.status : `${facts.status}: ${ENDINGS[facts.reason] ?? facts.reason}`],
    ["started", dateAndTime(facts.created_at)],
    ["finished", facts.finished_at === undefined ? UNKNOWN : dateAndTime(facts.finished_at)],
    ["programmer", facts.programmer],
    ["critic", facts.critic],
    ["strategy", config.strategy],
    ["plan", plan(config)],
    ["candidates", `${whole(search.nodes.size)}, of which ${whole(solvedIn(search))} pass all tests`],
    ["model calls", whole(calls.length)],
    ["tokens", total(calls.map(tokensOf), whole) + cachedWords(calls)],
    [
      "cost",
      total(
        calls.map((call) => call.cost),
        dollars,
      ),
    ],
  ];
  if (facts.tests_by !== undefined) rows.push(["tests written by", facts.tests_by + trustWords(facts)]);
  if (facts.forked_from !== undefined) rows.push(["forked from", `${facts.forked_from} ${facts.forked_at ?? ""}`]);
  return el("table.facts", el("tbody", ...rows.map(([name, words]) => el("tr", el("th", name), el("td", words)))));
}

/** How many of the tests that a model wrote are to be trusted. @param {Facts} facts */
function trustWords({ agreement, problem }) {
  return agreement ? `; ${agreement.tests.length} of ${problem.tests.tests.length} to be trusted by agreement` : "";
}

/** The numbers that say something for the strategy. @param {Facts["config"]} config */
function plan({ strategy, samples, rounds, beam }) {
  return `${samples} samples, ${rounds} rounds${strategy === "orps" ? `, beam of ${beam}` : ""}`;
}

/** @param {Search} search */
function solvedIn(search) {
  return [...search.nodes.values()].filter((node) => node.verdict === "pass").length;
}

/** @param {Call} call @returns {Quantity} */
function tokensOf({ prompt_tokens, completion_tokens }) {
  return prompt_tokens === undefined || completion_tokens === undefined ? null : prompt_tokens + completion_tokens;
}

/** What of the prompts was in the endpoints' caches, where they told any. @param {Call[]} calls */
function cachedWords(calls) {
  const cached = calls.reduce((before, call) => before + (call.cached_tokens ?? 0), 0);
  return cached ? ` (${whole(cached)} of them cached)` : "";
}

/**
 * The sum, marked as a lower bound when something is not known.
 * @param {Quantity[]} values
 * @param {(sum: number) => string} words
 */
function total(values, words) {
  const there = values.filter((value) => value != null);
  if (!there.length) return UNKNOWN;
  const sum = there.reduce((before, value) => before + value, 0);
  return there.length < values.length ? `at least ${words(sum)}` : words(sum);
}
