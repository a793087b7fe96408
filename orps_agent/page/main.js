// Puts the page together. `show` may be called again with a newer document: the reader stays where he is.

const panel = byId("panel");
const tree = new TreeControl(open, () => panel.querySelector("h2")?.focus(), close);

/** @type {Search} */
let search;

/** What a page that is served adds to a candidate's details. */
const additions = { candidate: (/** @type {TreeNode} */ _node) => /** @type {Node[]} */ ([]) };

/** @param {SearchDocument} content */
function show(content) {
  const opened = tree.marks.opened;
  const { scrollTop } = panel;
  search = new Search(content);
  const { facts, nodes } = search;
  document.title = visible(`${facts.problem.id} · orps`);
  byId("title").replaceChildren(visible(facts.problem.id));
  byId("state").replaceChildren(visible(`search ${facts.id}, ${facts.status}, ${whole(nodes.size)} candidates`));
  byId("charts").replaceChildren(...charts(search));
  tree.show(search);
  const still = opened ? search.nodes.get(opened.id) : null;
  if (!opened || !still) close();
  else if (changed(opened, still) && !panel.querySelector("textarea")) open(still);
  else tree.markOpened(still);
  panel.scrollTop = scrollTop;
}

/** Whether there is more to tell about a node. @param {TreeNode} before @param {TreeNode} now */
function changed(before, now) {
  const told = (/** @type {TreeNode} */ { candidate, children }) => JSON.stringify([candidate, children.length]);
  return told(before) !== told(now);
}

/** Show a candidate's details. @param {TreeNode} node */
function open(node) {
  tree.markOpened(node);
  const back = button("×", leave);
  back.className = "close";
  back.ariaLabel = "Close";
  fill(back, ...candidateDetails(search, node, visit), ...additions.candidate(node));
  document.body.classList.add("opened");
}

/** Show a candidate's details and have it in sight. @param {TreeNode} node */
function visit(node) {
  open(node);
  tree.moveTo(node);
}

/** Show the search as a whole. */
function close() {
  tree.markOpened(null);
  fill(...overview(search, visit));
  document.body.classList.remove("opened");
}

/** Close, and go on in the tree. */
function leave() {
  close();
  tree.element.focus();
}

/** @param {...Node} content */
function fill(...content) {
  panel.replaceChildren(...content);
  panel.scrollTop = 0;
}

panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave();
});

const wanted = /** @type {HTMLInputElement} */ (byId("wanted"));

byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const node = search.nodes.get(wanted.value.trim());
  byId("found").replaceChildren(node ? "" : "no such candidate");
  if (!node) return;
  visit(node);
  tree.element.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === wanted) return;
  event.preventDefault();
  wanted.select();
});

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  tree.recolour();
});
prefersDark.addEventListener("change", () => tree.recolour());
