// Small charts of one form: scores by round, then calls, tokens and cost over the time that was worked.

const PLOT = { width: 220, height: 70, left: 4, right: 4, top: 6, bottom: 4 }; // stretched to the room that there is
const PAUSE = 300; // seconds without a call after which a search is taken to have rested; rests are left out

/**
 * @typedef {{name: string, points: Point[], faint: boolean}} Series
 * @typedef {{title: string, now: string, from: string, to: string, top: number, series: Series[]}} Chart
 */

/** @param {Search} search @returns {Node[]} */
function charts(search) {
  return [...scoreCharts(search), ...callCharts(search.calls)].map(figure);
}

/** @param {Search} search @returns {Chart[]} */
function scoreCharts(search) {
  const nodes = [...search.nodes.values()].filter((node) => node.candidate.report);
  const rounds = [...new Set(nodes.map((node) => node.candidate.round))].sort((a, b) => a - b);
  /** @type {[string, number, (value: number) => string, (node: TreeNode) => Quantity][]} */
  const scores = [
    ["tests passed", 1, percent, (node) => node.candidate.outcome?.pass_rate],
    ["outcome reward ω", 2, decimal, (node) => node.candidate.outcome?.value],
    ["critic's score ρ", 5, decimal, (node) => node.candidate.process],
  ];
  return scores.flatMap(([title, top, words, of]) => {
    const scored = rounds.map((round) => ({
      round,
      values: nodes.filter((node) => node.candidate.round === round).flatMap((node) => of(node) ?? []),
    }));
    const line = (/** @type {(values: number[]) => number} */ fold) =>
      scored.flatMap(({ round, values }) => (values.length ? [{ x: round, y: fold(values) }] : []));
    const [best, average] = [line(largest), line(mean)];
    if (!best.length) return [];
    const now = `best ${words(best[best.length - 1].y)}, mean ${words(average[average.length - 1].y)}`;
    const series = [
      { name: "best", points: best, faint: false },
      { name: "mean", points: average, faint: true },
    ];
    return [{ title, now, from: `round ${best[0].x}`, to: `round ${best[best.length - 1].x}`, top, series }];
  });
}

/** @param {Call[]} calls in order of time @returns {Chart[]} */
function callCharts(calls) {
  if (!calls.length) return [];
  const times = workingTimes(calls);
  /** @type {[string, (value: number) => string, (call: Call) => Quantity][]} */
  const sums = [
    ["model calls", whole, () => 1],
    ["tokens", whole, tokensOf],
    ["cost", dollars, (call) => call.cost],
  ];
  return sums.flatMap(([title, words, of]) => {
    const values = calls.map(of);
    if (values.every((value) => value == null)) return [];
    let sum = 0;
    const points = calls
      .map((call, at) => ({ x: times[at], value: values[at] ?? 0 }))
      .sort((a, b) => a.x - b.x)
      .map(({ x, value }) => ({ x, y: (sum += value) }));
    const series = [{ name: title, points: [{ x: 0, y: 0 }, ...points], faint: false }];
    return [
      {
        title,
        now: total(values, words),
        from: "start",
        to: longTime(points[points.length - 1].x),
        top: sum || 1,
        series,
      },
    ];
  });
}

/**
 * When each call ended, in seconds of work since the first one began.
 * @param {Call[]} calls in order of time
 */
function workingTimes(calls) {
  let rested = calls[0].started_at;
  let busyUntil = calls[0].started_at;
  return calls.map((call) => {
    if (call.started_at - busyUntil > PAUSE) rested += call.started_at - busyUntil;
    const end = call.started_at + (call.seconds ?? 0);
    busyUntil = Math.max(busyUntil, end);
    return end - rested;
  });
}

/** @param {Chart} chart */
function figure({ title, now, from, to, top, series }) {
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const start = -largest(xs.map((x) => -x));
  const length = largest(xs) - start || 1;
  const right = PLOT.width - PLOT.right;
  const bottom = PLOT.height - PLOT.bottom;
  const placed = (/** @type {Point} */ { x, y }) => ({
    x: PLOT.left + ((x - start) / length) * (right - PLOT.left),
    y: bottom - (y / top) * (bottom - PLOT.top),
  });
  const frame = {
    viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": `${title}: ${now}`,
  };
  const lines = series.map(({ points, faint }) => line(points.map(placed), faint));
  const axis = svg("path", { class: "axis", d: `M${PLOT.left} ${PLOT.top}H${right}M${PLOT.left} ${bottom}H${right}` });
  return el(
    "figure",
    el("figcaption", el("b", title), el("span", now)),
    svg("svg", frame, axis, ...lines),
    el("div.ends", el("span", from), el("span", to)),
  );
}

/**
 * A line with a dot at each point, as long as the dots can be told apart.
 * @param {Point[]} points
 * @param {boolean} faint
 */
function line(points, faint) {
  const path = points.map(({ x, y }, at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const kind = faint ? "series faint" : "series";
  const dots =
    points.length > 24 ? [] : points.map(({ x, y }) => svg("path", { class: `${kind} dot`, d: `M${x} ${y}h0` }));
  return svg("g", {}, svg("path", { class: kind, d: path }), ...dots);
}
