// Source as lines with numbers, alone or against another source.

/** @typedef {"same" | "removed" | "added"} Change */

/** @param {string} source */
function codeListing(source) {
  return el("pre.code", ...highlight(source).map((tokens, at) => codeLine("same", at, tokens)));
}

/**
 * @param {string} before
 * @param {string} after
 */
function diffListing(before, after) {
  const old = highlight(before);
  const now = highlight(after);
  const edits = difference(old.map(textOf), now.map(textOf));
  const lines = edits.map((edit) =>
    edit.kind === "removed"
      ? codeLine("removed", edit.before, old[edit.before])
      : codeLine(edit.kind, edit.after, now[edit.after]),
  );
  return el("pre.code.diff", ...lines);
}

/** @param {Token[]} tokens */
function textOf(tokens) {
  return tokens.map((token) => token.text).join("");
}

/**
 * @param {Change} kind
 * @param {number} at the line's place in its source, from 0
 * @param {Token[]} tokens
 */
function codeLine(kind, at, tokens) {
  const line = el(`span.line.${kind}`);
  line.dataset.number = String(at + 1); // drawn by the style, so that copying the listing copies source and nothing else
  line.append(...tokens.map(({ kind: colour, text }) => (colour ? el(`span.${colour}`, text) : visible(text))), "\n");
  return line;
}
