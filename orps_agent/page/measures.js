// What a candidate was measured to be, beside its parent.

/** @typedef {{name: string, of: (node: TreeNode) => Quantity, words: (value: number) => string, better: "more" | "less"}} Measure */

/** @type {Measure[]} */
const MEASURES = [
  {
    name: "tests passed",
    of: (node) => (node.tests ? node.passed / node.tests : null),
    words: percent,
    better: "more",
  },
  { name: "outcome reward ω", of: (node) => node.candidate.outcome?.value, words: decimal, better: "more" },
  { name: "critic's score ρ", of: (node) => node.candidate.process, words: whole, better: "more" },
  { name: "CPU time a test", of: (node) => meanOf(node, "cpu_ns"), words: shortTime, better: "less" },
  { name: "wall time a test", of: (node) => meanOf(node, "wall_ns"), words: shortTime, better: "less" },
  { name: "instructions a test", of: (node) => meanOf(node, "instructions"), words: whole, better: "less" },
  { name: "branch misses a test", of: (node) => meanOf(node, "branch_misses"), words: whole, better: "less" },
  { name: "page faults a test", of: (node) => meanOf(node, "page_faults"), words: whole, better: "less" },
  { name: "peak memory, KiB", of: (node) => meanOf(node, "peak_memory_kb"), words: whole, better: "less" },
  { name: "lines", of: (node) => node.candidate.analysis?.lines, words: whole, better: "less" },
  { name: "AST nodes", of: (node) => node.candidate.analysis?.ast_nodes, words: whole, better: "less" },
  { name: "cyclomatic", of: (node) => node.candidate.analysis?.cyclomatic, words: decimal, better: "less" },
  { name: "cognitive", of: (node) => node.candidate.analysis?.cognitive, words: decimal, better: "less" },
];

/** Mean of a metric over the passed tests. @param {TreeNode} node @param {string} metric @returns {Quantity} */
function meanOf(node, metric) {
  const passed = (node.candidate.report?.results ?? []).filter((result) => result.verdict === "pass");
  const values = passed.flatMap(({ metrics }) => (metrics[metric] ? [metrics[metric].value] : []));
  return values.length ? mean(values) : null;
}

/** The table of everything that is known of the node or its parent. @param {TreeNode} node */
function measuresTable(node) {
  const { parent } = node;
  const rows = MEASURES.map((measure) => ({ measure, ours: measure.of(node), theirs: parent && measure.of(parent) }))
    .filter(({ ours, theirs }) => ours != null || theirs != null)
    .map(({ measure, ours, theirs }) =>
      el(
        "tr",
        el("th", measure.name),
        el("td", known(ours, measure.words)),
        parent && el("td", known(theirs, measure.words)),
        parent && changeCell(measure, ours, theirs),
      ),
    );
  const head = el("tr", el("th"), el("th", node.id), parent && el("th", parent.id), parent && el("th", "change"));
  return rows.length ? el("table.measures", el("thead", head), el("tbody", ...rows)) : null;
}

/**
 * @param {Measure} measure
 * @param {Quantity} ours
 * @param {Quantity} theirs
 */
function changeCell(measure, ours, theirs) {
  if (ours == null || theirs == null || ours === theirs) return el("td", ours != null && ours === theirs ? "=" : "");
  const better = ours > theirs === (measure.better === "more");
  const share = Math.round((100 * (ours - theirs)) / theirs);
  const words =
    theirs === 0 || measure.words === percent
      ? ours > theirs
        ? "↑"
        : "↓"
      : `${share > 0 ? "+" : "−"}${Math.abs(share)}%`;
  return el(`td.${better ? "better" : "worse"}`, words);
}

/** How ω came about: every term with its raw quantity and its score. @param {Outcome} outcome */
function rewardTable(outcome) {
  const rows = outcome.parts
    .filter((part) => part.score !== undefined)
    .map((part) =>
      el(
        "tr",
        el("th", `${part.group}: ${part.name}`),
        el("td", known(part.raw, decimal)),
        el("td", known(part.score, decimal)),
      ),
    );
  return el(
    "table.measures",
    el("thead", el("tr", el("th"), el("th", "raw"), el("th", "score"))),
    el("tbody", ...rows),
  );
}
