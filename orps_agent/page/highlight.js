// Colours Python source. A tokenizer by regular expression is enough for reading: it never loses or changes a character,
// and what it does not know stays plain.

/** @typedef {{kind: string, text: string}} Token `kind` is a CSS class, or empty */

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda match case nonlocal not or pass raise return try while with yield"
  ).split(" "),
);
const BUILTINS = new Set(
  (
    "abs all any bin bool bytearray bytes callable chr dict divmod enumerate eval exec filter float format frozenset getattr " +
    "hash hex id input int isinstance iter len list map max min next object oct open ord pow print range repr reversed " +
    "round self set slice sorted staticmethod str sum super tuple type zip ValueError TypeError KeyError IndexError " +
    "Exception StopIteration"
  ).split(" "),
);
// In the order in which they are tried: a quote inside a comment is no string, a # inside a string no comment.
const PREFIX = String.raw`(?:\b[rbfut]{1,2})?`;
const LONG = ['"""', "'''"].map((quotes) => String.raw`${quotes}(?:[^\\]|\\[^])*?(?:${quotes}|$)`).join("|");
const SHORT = ['"', "'"].map((quote) => String.raw`${quote}(?:[^${quote}\\\n]|\\[^])*${quote}?`).join("|");
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>#[^\n]*)`,
    `(?<string>${PREFIX}(?:${LONG}|${SHORT}))`,
    String.raw`(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?j?))`,
    String.raw`(?<decorator>@[\w.]+)`,
    String.raw`(?<word>[\p{L}_][\p{L}\p{N}_]*)`,
  ].join("|"),
  "giu",
);

/**
 * The lines of a source, each as tokens whose texts add up to it.
 * @param {string} source
 * @returns {Token[][]}
 */
function highlight(source) {
  /** @type {Token[][]} */
  const lines = [[]];
  for (const { kind, text } of tokens(source)) {
    text.split("\n").forEach((part, at) => {
      if (at > 0) lines.push([]);
      if (part) lines[lines.length - 1].push({ kind, text: part });
    });
  }
  if (lines.length > 1 && !lines[lines.length - 1].length) lines.pop(); // what ends in a newline has no line after it
  return lines;
}

/** @param {string} source @returns {Generator<Token>} */
function* tokens(source) {
  let end = 0;
  let before = "";
  for (const match of source.matchAll(TOKEN)) {
    if (match.index > end) yield { kind: "", text: source.slice(end, match.index) };
    const [text] = match;
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0] ?? "";
    yield { kind: kind === "word" ? wordKind(text, before) : kind, text };
    before = text;
    end = match.index + text.length;
  }
  if (end < source.length) yield { kind: "", text: source.slice(end) };
}

/**
 * @param {string} word
 * @param {string} before the token before it
 */
function wordKind(word, before) {
  if (KEYWORDS.has(word)) return "keyword";
  if (before === "def" || before === "class") return "defined";
  return BUILTINS.has(word) ? "builtin" : "";
}
