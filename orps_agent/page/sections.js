// What the details are divided into; what has no content is left out.

/**
 * @param {string} title
 * @param {...(Node | null | undefined)} content
 */
function section(title, ...content) {
  const shown = content.filter((each) => each != null);
  return shown.length ? el("section", el("h3", title), ...shown) : null;
}

/** @param {string} title @param {...(Node | null)} content */
function folded(title, ...content) {
  return el("details", el("summary", title), ...content);
}

/** @param {string} name @param {string | undefined} text */
function output(name, text) {
  return text ? section(name, el("pre.output", text)) : null;
}
