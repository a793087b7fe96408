// Everything about one candidate.

/** Whether the reader looks at differences; kept from one candidate to the next. */
let showsDifference = false;

/**
 * @param {Search} search
 * @param {TreeNode} node
 * @param {(node: TreeNode) => void} open
 * @returns {Node[]}
 */
function candidateDetails(search, node, open) {
  const { candidate } = node;
  const suite = search.facts.problem.tests;
  const calls = search.calls.filter((call) => call.candidate === node.id);
  const parts = [
    heading(search, node),
    family(search, node, open),
    candidate.error ? el("p.error", candidate.error) : null,
    flags(candidate.report),
    candidate.code ? section("Code", codeView(node)) : null,
    candidate.report?.results.length
      ? section("Tests", testsTable(candidate.report, suite, search.facts.agreement))
      : null,
    output("stdout", candidate.report?.stdout),
    output("stderr", candidate.report?.stderr),
    section(
      "Measures",
      measuresTable(node),
      candidate.outcome && folded("how ω came about", rewardTable(candidate.outcome)),
    ),
    candidate.critique ? section("Critique", el("p.prose", candidate.critique)) : null,
    candidate.reasoning ? section("Thoughts", el("p.prose", candidate.reasoning)) : null,
    calls.length ? section("Model calls", callsTable(calls), ...calls.map(conversation)) : null,
  ];
  return parts.filter((part) => part !== null);
}

/** @param {Search} search @param {TreeNode} node */
function heading(search, node) {
  const { candidate } = node;
  const title = el("h2", node.id);
  title.tabIndex = -1; // where the focus goes when the details are opened from the keyboard
  return el(
    "div.heading",
    title,
    el("span.hint", candidate.hint),
    el(`span.chip.${node.verdict}`, candidate.report ? `${node.passed} of ${node.tests} tests` : "not run"),
    el("span.chip", `ω ${node.omega.toFixed(2)}`),
    el("span.chip", `ρ ${candidate.process ?? UNKNOWN}`),
    el("span.chip", candidate.status),
    node === search.winner ? el("span.chip.gold", "★ winner") : null,
    spent(candidate),
  );
}

/** @param {Candidate} candidate */
function spent({ tokens, cost, seconds }) {
  const words = [
    tokens === undefined ? null : `${whole(tokens)} tokens`,
    cost === undefined ? null : dollars(cost),
    seconds === undefined ? null : longTime(seconds),
  ].filter((each) => each !== null);
  return words.length ? el("span.spent", words.join(" · ")) : null;
}

/** The way up and down the tree. */
function family(
  /** @type {Search} */ search,
  /** @type {TreeNode} */ node,
  /** @type {(node: TreeNode) => void} */ open,
) {
  const visit = (/** @type {TreeNode} */ each) => {
    const link = button(each.id, () => open(each));
    link.title = visible(each.words);
    return link;
  };
  const childLink = (/** @type {TreeNode} */ child) => {
    const link = visit(child);
    link.replaceChildren(child.id.slice(node.id.length + 1)); // there may be hundreds of them
    link.ariaLabel = child.id;
    link.classList.add(child.verdict);
    return link;
  };
  const up = node.lineage.slice(0, -1).flatMap((each) => [visit(each), " › "]);
  const children = node.children.map(childLink);
  const shown = node.candidate.shown.flatMap((id) => {
    const other = search.nodes.get(id);
    return other ? [" ", visit(other)] : [];
  });
  return el(
    "nav",
    `round ${node.candidate.round}: `,
    ...up,
    el("b", node.id),
    children.length ? el("span.children", ` › ${children.length} children: `, ...children) : null,
    shown.length ? el("span.children", " · was shown", ...shown) : null,
  );
}

/** The code, or its difference from the parent's. @param {TreeNode} node */
function codeView(node) {
  const code = node.candidate.code ?? "";
  const before = node.parent?.candidate.code;
  const body = el("div");
  if (!node.parent || before === undefined) {
    body.append(codeListing(code));
    return body;
  }
  const plain = button("code", () => choose(false));
  const changes = button(`changes to ${node.parent.id}`, () => choose(true));
  const choose = (/** @type {boolean} */ difference) => {
    showsDifference = difference;
    plain.ariaPressed = String(!difference);
    changes.ariaPressed = String(difference);
    body.replaceChildren(difference ? diffListing(before, code) : codeListing(code));
  };
  choose(showsDifference);
  return el("div", el("div.choice", plain, changes), body);
}

/** @param {ExecutionReport | undefined} report */
function flags(report) {
  const found = report?.flags ?? [];
  return found.length
    ? el("ul.flags", ...found.map((flag) => el("li", `${flag.severity}: ${flag.kind}; ${flag.evidence}`)))
    : null;
}

/** @param {Call[]} calls */
function callsTable(calls) {
  const names = ["stage", "model's role", "tokens in", "out", "cost", "time", ""];
  const rows = calls.map((call) =>
    el(
      "tr",
      el("td", call.stage),
      el("td", call.role),
      el("td", known(call.prompt_tokens, whole) + (call.cached_tokens ? ` (${whole(call.cached_tokens)} cached)` : "")),
      el("td", known(call.completion_tokens, whole)),
      el("td", known(call.cost, dollars)),
      el("td", known(call.seconds, longTime)),
      el("td", call.finish === "length" ? "cut off" : call.status === "answered" ? "" : call.status),
    ),
  );
  return el("table.calls", el("thead", el("tr", ...names.map((name) => el("th", name)))), el("tbody", ...rows));
}

/** What was said in a call, where the document has it. @param {Call} call */
function conversation(call) {
  const said = [...(call.messages ?? []), ...(call.reply === undefined ? [] : [["reply", call.reply]])];
  if (!said.length) return null;
  return folded(
    `what was said: ${call.stage}`,
    ...said.flatMap(([role, text]) => [el("h4", role), el("pre.output", text)]),
  );
}
