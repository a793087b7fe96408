// The one door for text: whatever a model or a candidate wrote is shown as characters, with nothing invisible in it.

// Controls but for tab and newline, soft hyphens, zero-width and bidirectional marks, separators that look like
// newlines, and the tag characters, in which text can be hidden.
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * The text with control characters written out as Python would: `\x1b`, `\u202e`.
 * @param {string} text
 */
function visible(text) {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) return "\\x" + digits.padStart(2, "0");
    return code < 0x10000 ? "\\u" + digits.padStart(4, "0") : "\\U" + digits.padStart(8, "0");
  });
}

/**
 * An element with its children, of which strings become text.
 * @param {string} name the tag and its classes: `span.verdict.pass`
 * @param {...(string | Node | null | undefined)} children those that are null are left out
 * @returns {HTMLElement}
 */
function el(name, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const child of children) {
    if (child != null) element.append(typeof child === "string" ? visible(child) : child);
  }
  return element;
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(string | Node)} children
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

/**
 * A button that does one thing.
 * @param {string} words
 * @param {() => void} action
 */
function button(words, action) {
  const element = /** @type {HTMLButtonElement} */ (el("button", words));
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

/**
 * The element of the page with this id, which is there by construction.
 * @param {string} id
 */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
