// The search as the page knows it: the exported document, with its candidates linked to a tree.

/**
 * @typedef {{value: number, source: string, spread?: number}} Metric
 * @typedef {{name: string, verdict: string, error?: string, expected?: string, actual?: string, trust: string,
 *   short_limit: boolean, metrics: Record<string, Metric>}} TestResult
 * @typedef {{kind: string, severity: "tampering" | "suspected", evidence: string}} Flag
 * @typedef {{results: TestResult[], tier?: number, stdout: string, stderr: string, flags: Flag[]}} ExecutionReport
 * @typedef {{name: string, group: string, raw?: number, score?: number, weight: number}} RewardPart
 * @typedef {{value: number, pass_rate: number, static?: number, dynamic?: number, parts: RewardPart[]}} Outcome
 * @typedef {{reason?: string, lines?: number, ast_nodes?: number, cyclomatic?: number, cognitive?: number}} Analysis
 * @typedef {"running" | "open" | "closed" | "pruned" | "failed" | "halted"} Status
 * @typedef {"created" | "queued" | "running" | "interrupted" | "finished" | "cancelled"} SearchStatus
 * @typedef {{id: string, round: number, hint: string, shown: string[], status: Status, reasoning?: string, code?: string,
 *   report?: ExecutionReport, analysis?: Analysis, outcome?: Outcome, critique?: string, process?: number, error?: string,
 *   tokens?: number, cost?: number, seconds?: number}} Candidate
 * @typedef {{candidate: string, stage: string, role: string, started_at: number, seconds?: number,
 *   prompt_tokens?: number, cached_tokens?: number, completion_tokens?: number, cost?: number, status: string,
 *   finish?: string, messages?: [string, string][], reply?: string}} Call
 * @typedef {{kind: "snippet", name: string, code: string}} SnippetTest
 * @typedef {{kind: "program", name: string, stdin: string, stdout: string}} ProgramTest
 * @typedef {{setup: string, tests: (SnippetTest | ProgramTest)[]}} Suite
 * @typedef {{id: string, statement: string, tests: Suite, held_back?: Suite}} Problem
 * @typedef {{tests: string[], solutions: string[]}} Agreement
 * @typedef {{id: string, created_at: number, finished_at?: number, status: SearchStatus, reason?: string, problem: Problem,
 *   config: {strategy: string, samples: number, rounds: number, beam: number}, programmer: string, critic: string, winner?: string,
 *   tests_by?: string, agreement?: Agreement, why?: string, verification?: ExecutionReport, comparison?: string, forked_from?: string, forked_at?: string}} Facts
 * @typedef {{search: Facts, candidates: Candidate[], calls: Call[]}} SearchDocument
 */

/** @typedef {"pass" | "part" | "fail" | "none"} Verdict all tests, some, none of them; or not run */

/** A candidate in its place in the tree; x and y are set by the layout. */
class TreeNode {
  /**
   * @param {Candidate} candidate
   * @param {TreeNode | null} parent
   */
  constructor(candidate, parent) {
    this.candidate = candidate;
    this.id = candidate.id;
    this.parent = parent;
    /** @type {TreeNode[]} */
    this.children = [];
    this.depth = (parent?.depth ?? -1) + 1;
    this.passed = candidate.report ? candidate.report.results.filter((each) => each.verdict === "pass").length : 0;
    this.tests = candidate.report ? candidate.report.results.length : 0;
    this.verdict = verdictOf(candidate, this.passed, this.tests);
    this.omega = candidate.outcome ? candidate.outcome.value : 0;
    this.tampering = Boolean(candidate.report?.flags.some((flag) => flag.severity === "tampering"));
    this.x = 0;
    this.y = 0;
  }

  /** The candidate in one line. */
  get words() {
    const { hint, process, status } = this.candidate;
    const tests = this.candidate.report ? `${this.passed}/${this.tests} tests` : "not run";
    return [this.id, hint, tests, `ω ${this.omega.toFixed(2)}`, `ρ ${process ?? UNKNOWN}`, status].join(" · ");
  }

  /** The branch from the first round down to this node. @returns {TreeNode[]} */
  get lineage() {
    return this.parent ? [...this.parent.lineage, this] : [this];
  }
}

/**
 * @param {Candidate} candidate
 * @param {number} passed
 * @param {number} tests
 * @returns {Verdict}
 */
function verdictOf(candidate, passed, tests) {
  if (!candidate.report) return "none";
  if (passed === 0) return "fail";
  return passed === tests ? "pass" : "part";
}

/** The document, its nodes by id, and the roots of the tree. */
class Search {
  /** @param {SearchDocument} content */
  constructor(content) {
    this.facts = content.search;
    this.calls = content.calls;
    /** @type {Map<string, TreeNode>} */
    this.nodes = new Map();
    /** @type {TreeNode[]} */
    this.roots = [];
    // The document is in path order, so a parent is there before its children.
    for (const candidate of content.candidates) {
      const parent = this.nodes.get(candidate.id.slice(0, Math.max(0, candidate.id.lastIndexOf(".")))) ?? null;
      const node = new TreeNode(candidate, parent);
      this.nodes.set(node.id, node);
      (parent ? parent.children : this.roots).push(node);
    }
    this.winner = this.nodes.get(this.facts.winner ?? "") ?? null;
  }

  /** The siblings of a node, itself included, in the order in which they are drawn.
   * @param {TreeNode} node */
  siblings(node) {
    return inDrawnOrder(node.parent ? node.parent.children : this.roots);
  }
}

/** Leaves first: those that were expanded stand at the right edge of their family, next to their children.
 * @param {TreeNode[]} family */
function inDrawnOrder(family) {
  return [...family.filter((node) => !node.children.length), ...family.filter((node) => node.children.length)];
}
