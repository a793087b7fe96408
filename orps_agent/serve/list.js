// The list of searches, newest first.

/**
 * @typedef {{id: string, problem: string, state: string, reason?: string, created_at: number, client?: string,
 *   programmer: string, winner?: string}} SearchView
 */

const NAMES = ["search", "problem", "state", "started", "client", "model", "winner"];

/** @param {SearchView} view */
function row(view) {
  const state = el("td", view.state);
  state.title = visible(view.reason ?? "");
  return el(
    "tr",
    el("td", linkTo(view.id, `/searches/${view.id}`)),
    el("td", view.problem),
    state,
    el("td", dateAndTime(view.created_at)),
    el("td", view.client ?? UNKNOWN),
    el("td", view.programmer.split("/").at(-1)),
    el("td", view.winner ?? UNKNOWN),
  );
}

async function listForever() {
  for (;;) {
    await attempt(async () => {
      const { searches } = await askJson("/api/searches");
      const rows = searches.map(row);
      const table = el("table", el("thead", el("tr", ...NAMES.map((each) => el("th", each)))), el("tbody", ...rows));
      byId("list").replaceChildren(rows.length ? table : el("p", "No searches yet."));
    });
    await pause(2000);
  }
}

listForever();
