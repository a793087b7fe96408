// What changed between two sources, line by line: the shortest way by Myers (1986), "An O(ND) Difference Algorithm".

/** @typedef {{kind: Change, before: number, after: number}} Edit lines count from 0; -1 where there is none */

// Beyond this many edits the sources have little in common, and a whole replacement reads better, and is found at once.
const MOST_EDITS = 1000;

/**
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Edit[]} in reading order
 */
function difference(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head;
  while (tail < shorter && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const middle = { before: before.slice(head, before.length - tail), after: after.slice(head, after.length - tail) };
  const edits = shortest(middle.before, middle.after) ?? replacement(middle.before.length, middle.after.length);
  return [
    ...same(head, 0, 0),
    ...edits.map((edit) => shifted(edit, head)),
    ...same(tail, before.length - tail, after.length - tail),
  ];
}

/** @param {number} count @param {number} before @param {number} after @returns {Edit[]} */
function same(count, before, after) {
  return Array.from({ length: count }, (_, at) => ({ kind: "same", before: before + at, after: after + at }));
}

/** @param {Edit} edit @param {number} by @returns {Edit} */
function shifted({ kind, before, after }, by) {
  return { kind, before: before < 0 ? -1 : before + by, after: after < 0 ? -1 : after + by };
}

/** @param {number} removed @param {number} added @returns {Edit[]} */
function replacement(removed, added) {
  return [
    ...Array.from({ length: removed }, (_, at) => /** @type {Edit} */ ({ kind: "removed", before: at, after: -1 })),
    ...Array.from({ length: added }, (_, at) => /** @type {Edit} */ ({ kind: "added", before: -1, after: at })),
  ];
}

/**
 * The fewest edits, or null when there are more than MOST_EDITS.
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Edit[] | null}
 */
function shortest(before, after) {
  const most = Math.min(before.length + after.length, MOST_EDITS);
  const origin = most + 1;
  // How far into `before` the diagonal k = x - y was followed, at origin + k; one copy for every number of edits.
  const reach = new Int32Array(2 * most + 3);
  const steps = [];
  for (let edits = 0; edits <= most; edits += 1) {
    steps.push(reach.slice());
    for (let k = -edits; k <= edits; k += 2) {
      let x = startOf(reach, origin, k, edits);
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      reach[origin + k] = x;
      if (x >= before.length && x - k >= after.length) return walkedBack(steps, origin, before.length, after.length);
    }
  }
  return null;
}

/** Whether a diagonal is entered from above (an added line) or from the left (a removed one). */
function fromAbove(
  /** @type {Int32Array} */ reach,
  /** @type {number} */ origin,
  /** @type {number} */ k,
  /** @type {number} */ edits,
) {
  return k === -edits || (k !== edits && reach[origin + k - 1] < reach[origin + k + 1]);
}

/** Where on a diagonal the next edit leads. */
function startOf(
  /** @type {Int32Array} */ reach,
  /** @type {number} */ origin,
  /** @type {number} */ k,
  /** @type {number} */ edits,
) {
  return fromAbove(reach, origin, k, edits) ? reach[origin + k + 1] : reach[origin + k - 1] + 1;
}

/**
 * @param {Int32Array[]} steps
 * @param {number} origin
 * @param {number} x
 * @param {number} y
 * @returns {Edit[]}
 */
function walkedBack(steps, origin, x, y) {
  /** @type {Edit[]} */
  const edits = [];
  for (let left = steps.length - 1; left >= 0; left -= 1) {
    const k = x - y;
    const added = fromAbove(steps[left], origin, k, left);
    const start = startOf(steps[left], origin, k, left);
    while (x > start && y > start - k) edits.push({ kind: "same", before: (x -= 1), after: (y -= 1) });
    if (left === 0) break;
    if (added) edits.push({ kind: "added", before: -1, after: (y -= 1) });
    else edits.push({ kind: "removed", before: (x -= 1), after: -1 });
  }
  return edits.reverse();
}
