// One search while it runs: every event brings the newest document into the page.

const name = location.pathname.split("/")[2];
const base = `/api/searches/${name}`;
const deeds = el("div.deeds");
byId("state").after(deeds);
byId("title").before(linkTo("‹ searches", "/"));

/**
 * @typedef {"created" | "queued" | "running" | "interrupted" | "finished" | "cancelled"} SearchStatus
 * @typedef {{id: string, state: SearchStatus}} ServedSearch
 */

let due = false;
let busy = false;

/** Show what there is now, soon: events that come meanwhile are shown together. */
async function refresh() {
  due = true;
  if (busy) return;
  busy = true;
  while (due) {
    due = false;
    const began = performance.now();
    await attempt(async () => {
      const [served, content] = await Promise.all([askJson(base), askJson(`${base}/document`)]);
      content.search.status = served.state; // of two answers, the later one: it may have changed in between
      show(content);
      offer(served);
    });
    // A large document takes its time: most of it is left to the reader.
    await pause(Math.max(400, 4 * (performance.now() - began)));
  }
  busy = false;
}

/** The buttons that make sense in this state. @param {ServedSearch} served */
function offer({ state }) {
  const active = state === "queued" || state === "running";
  deeds.replaceChildren(
    ...(active ? [button("cancel", () => order("cancel"))] : []),
    ...(active || state === "finished" ? [] : [button("resume", () => order("resume"))]),
  );
}

/** @param {"cancel" | "resume"} what */
async function order(what) {
  await attempt(async () => {
    await ask(`${base}/${what}`, { body: {} });
    refresh();
    watch();
  });
}

let watching = false;
let again = false;

/** Follow the events to the search's end; a stream that breaks off is taken up behind its last event. */
async function watch() {
  again = true; // a search that has just ended may have been resumed
  if (watching) return;
  watching = true;
  let last = "0";
  for (let ended = false; !ended || again; ) {
    again = false;
    ended = false;
    try {
      const answer = await ask(`${base}/events`, { headers: { "Last-Event-ID": last } });
      notice("");
      for await (const { event, id } of messages(answer)) {
        last = id ?? last;
        ended ||= event === "ended";
        refresh();
      }
    } catch (error) {
      notice(error instanceof Error ? `${error.message}; trying again` : String(error));
    }
    await pause(1000);
  }
  watching = false;
}

/** The messages of a stream as they come. @param {Response} answer */
async function* messages(answer) {
  const reader = /** @type {ReadableStream} */ (answer.body).pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (fields.event) yield fields;
    }
  }
}

additions.candidate = (node) => {
  const body = el("div");
  body.append(button("fork from here", () => body.replaceChildren(forkForm(node))));
  return [el("section", el("h3", "Go on from here"), body)];
};

/** @param {TreeNode} node */
function forkForm(node) {
  const before = node.candidate.critique ?? "";
  const critique = /** @type {HTMLTextAreaElement} */ (el("textarea"));
  critique.value = before;
  critique.ariaLabel = "Critique";
  const rounds = /** @type {HTMLInputElement} */ (el("input"));
  rounds.type = "number";
  rounds.min = String(node.candidate.round + 2);
  rounds.value = String(Math.max(search.facts.config.rounds, node.candidate.round + 2));
  const form = el("form.fork", el("p", "The critique that its children are told:"), critique);
  form.append(el("label", "rounds ", rounds), el("button", "start the fork"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const edited = critique.value === before ? {} : { critique: critique.value };
    const body = { at: node.id, config: { rounds: Number(rounds.value) }, ...edited };
    attempt(async () => {
      const fork = await askJson(`${base}/fork`, body);
      location.assign(`/searches/${fork.id}`);
    });
  });
  return form;
}

refresh();
watch();
