// The form for a new search.

const form = /** @type {HTMLFormElement} */ (byId("submit"));
const opener = byId("new");

/** @param {boolean} open */
function openForm(open) {
  form.hidden = !open;
  opener.ariaExpanded = String(open);
  if (open) /** @type {HTMLElement} */ (form.querySelector("label:not([hidden]) textarea"))?.focus();
  else opener.focus();
}

/** @param {string} name */
function filled(name) {
  return String(new FormData(form).get(name) ?? "").trim();
}

/** Those of the fields that were filled, as numbers. @param {...string} names */
function numbers(...names) {
  return Object.fromEntries(names.flatMap((name) => (filled(name) ? [[name, Number(filled(name))]] : [])));
}

/** What the form asks for, as a submission. */
function submission() {
  const lines = filled("tests").split("\n");
  const problem =
    filled("kind") === "file"
      ? { file: filled("file") }
      : { statement: filled("statement"), tests: lines.filter((line) => line.trim()) };
  const strategy = filled("strategy") ? { strategy: filled("strategy") } : {};
  const config = { ...strategy, ...numbers("samples", "rounds", "beam") };
  const budget = numbers("calls", "cost");
  return {
    ...problem,
    ...numbers("priority"),
    ...(Object.keys(config).length ? { config } : {}),
    ...(Object.keys(budget).length ? { budget } : {}),
  };
}

/** Another one for every submission that differs from the last: sent twice, a search is begun once. */
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].join("-");
let key = newKey();

form.addEventListener("input", () => (key = newKey()));
form.addEventListener("change", () => {
  for (const label of form.querySelectorAll("label.words, label.file")) {
    /** @type {HTMLElement} */ (label).hidden = !label.classList.contains(filled("kind"));
  }
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape") openForm(false);
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const refused = byId("refused");
  refused.replaceChildren();
  try {
    const answer = await ask("/api/searches", { body: submission(), headers: { "Idempotency-Key": key } });
    location.assign(`/searches/${(await answer.json()).id}`);
  } catch (error) {
    refused.replaceChildren(visible(error instanceof Error ? error.message : String(error)));
  }
});
opener.addEventListener("click", () => openForm(form.hidden));
