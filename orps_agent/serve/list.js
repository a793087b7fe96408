// The list of searches, newest first.

/**
 * @typedef {"created" | "queued" | "running" | "interrupted" | "finished" | "cancelled"} SearchStatus
 * @typedef {{id: string, problem: string, state: SearchStatus, reason?: string, created_at: number, client?: string,
 *   programmer: string, winner?: string}} ServedSearch
 */

const NAMES = ["search", "problem", "state", "started", "client", "model", "winner"];
const EVERY = 2000; // milliseconds

/** @param {ServedSearch} search */
function row(search) {
  const reason = search.state === "finished" ? "" : (search.reason ?? "");
  return el(
    "tr",
    el("td", linkTo(search.id, `/searches/${search.id}`)),
    el("td", search.problem),
    el("td", search.state, reason ? el("p.reason", reason) : null),
    el("td", dateAndTime(search.created_at)),
    el("td", search.client ?? UNKNOWN),
    el("td", search.programmer.split("/").at(-1)),
    el("td", search.winner ?? UNKNOWN),
  );
}

/** @param {ServedSearch[]} searches */
function showList(searches) {
  const focused = links().find((each) => each === document.activeElement)?.textContent;
  const rows = searches.map(row);
  const table = el("table", el("thead", el("tr", ...NAMES.map((each) => el("th", each)))), el("tbody", ...rows));
  byId("list").replaceChildren(rows.length ? table : el("p", "No searches yet: begin one with “new search”."));
  links()
    .find((each) => each.textContent === focused)
    ?.focus();
}

/** @returns {HTMLAnchorElement[]} */
function links() {
  return [...byId("list").querySelectorAll("a")];
}

/**
 * Asks every now and then, while the page is in sight, and draws what is new. It holds no stream open: a browser has
 * six connections to a server for all its tabs, and each tab with a live search takes one.
 */
async function listForever() {
  let shown = "";
  for (;;) {
    await attempt(async () => {
      const { searches } = await askJson("/api/searches");
      const now = JSON.stringify(searches);
      if (now !== shown) showList(searches);
      shown = now;
    });
    await pause(EVERY);
    while (document.hidden) await new Promise((done) => addEventListener("visibilitychange", done, { once: true }));
  }
}

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.altKey || event.ctrlKey || event.metaKey || target.matches("input, select, textarea")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "n") openForm(true);
  else if (step) {
    const all = links();
    const at = all.indexOf(/** @type {HTMLAnchorElement} */ (target));
    all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  } else return;
  event.preventDefault();
});

listForever();
