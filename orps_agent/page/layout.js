// Where the nodes stand. Siblings share a box: leaves in a grid, those with children of their own at its right edge, beside
// the boxes of their children. So a tree reads from left to right, one column a depth, which is a round in a beam search, and
// no lines cross.

const CELL = 24; // room for one node
const PADDING = 10; // between a box and its nodes
const BETWEEN_BOXES = 16;
const BETWEEN_COLUMNS = 72;
const SHAPES = [0.8, 1.5, 3, 6]; // how much wider than high a family's grid may be
const PROPORTION = 1.4; // of width to height, which the whole should come close to
const CAPTION = 26; // room for the column's caption above the first box

/**
 * @typedef {{parent: TreeNode | null, depth: number, leaves: TreeNode[], trunk: TreeNode[], rows: number,
 *   columns: number, height: number, width: number, span: number, below: Family[], x: number, y: number}} Family
 * @typedef {{families: Family[], columns: {x: number, caption: string}[], width: number, height: number}} Layout
 */

/**
 * Give every node its place.
 * @param {TreeNode[]} roots
 * @returns {Layout}
 */
function layOut(roots) {
  if (!roots.length) return { families: [], columns: [], width: 1, height: 1 };
  const top = bestShaped(roots);
  const families = allOf(top);
  const widths = columnWidths(families);
  const lefts = widths.map((_, depth) => widths.slice(0, depth).reduce((x, width) => x + width + BETWEEN_COLUMNS, 0));
  place(top, CAPTION, lefts);
  const columns = lefts.map((x, depth) => ({ x, caption: caption(families.filter((each) => each.depth === depth)) }));
  return { families, columns, width: lefts[lefts.length - 1] + widths[widths.length - 1], height: CAPTION + top.span };
}

/**
 * The families with grids of the shape that brings the whole closest to the proportions of a screen.
 * @param {TreeNode[]} roots
 */
function bestShaped(roots) {
  const tried = SHAPES.map((shape) => {
    const top = measured(roots, null, 0, shape);
    const width = columnWidths(allOf(top)).reduce((sum, each) => sum + each + BETWEEN_COLUMNS, 0);
    return { top, off: Math.abs(Math.log(width / top.span / PROPORTION)) };
  });
  return tried.reduce((best, each) => (each.off < best.off ? each : best)).top;
}

/**
 * A family and everything below it, with sizes but without places.
 * @param {TreeNode[]} nodes
 * @param {TreeNode | null} parent
 * @param {number} depth
 * @param {number} shape
 * @returns {Family}
 */
function measured(nodes, parent, depth, shape) {
  const trunk = nodes.filter((node) => node.children.length);
  const leaves = nodes.filter((node) => !node.children.length);
  const below = trunk.map((node) => measured(node.children, node, depth + 1, shape));
  const grid = Math.ceil(Math.sqrt(shape * leaves.length));
  const rows = Math.max(grid ? Math.ceil(leaves.length / grid) : 0, trunk.length);
  const columns = Math.ceil(leaves.length / rows);
  const height = rows * CELL + 2 * PADDING;
  const width = (columns + (trunk.length ? 1 : 0)) * CELL + 2 * PADDING;
  return {
    parent,
    depth,
    leaves,
    trunk,
    rows,
    columns,
    height,
    width,
    span: Math.max(height, stacked(below)),
    below,
    x: 0,
    y: 0,
  };
}

/** The height of boxes on top of one another. @param {Family[]} families */
function stacked(families) {
  return families.reduce((sum, each) => sum + each.span + BETWEEN_BOXES, -BETWEEN_BOXES);
}

/** @param {Family} family @returns {Family[]} */
function allOf(family) {
  return [family, ...family.below.flatMap(allOf)];
}

/** @param {Family[]} families @returns {number[]} by depth */
function columnWidths(families) {
  /** @type {number[]} */
  const widths = [];
  for (const { depth, width } of families) widths[depth] = Math.max(widths[depth] ?? 0, width);
  return widths;
}

/**
 * Give a family and everything below it their places, from the given height downwards.
 * @param {Family} family
 * @param {number} top
 * @param {number[]} lefts
 */
function place(family, top, lefts) {
  family.x = lefts[family.depth];
  family.y = top + (family.span - family.height) / 2;
  const cell = (/** @type {TreeNode} */ node, /** @type {number} */ column, /** @type {number} */ row) => {
    node.x = family.x + PADDING + (column + 0.5) * CELL;
    node.y = family.y + PADDING + (row + 0.5) * CELL;
  };
  family.leaves.forEach((node, at) => cell(node, Math.floor(at / family.rows), at % family.rows));
  const first = (family.rows - family.trunk.length) / 2;
  family.trunk.forEach((node, at) => cell(node, family.columns, first + at));
  let next = top + (family.span - stacked(family.below)) / 2;
  for (const each of family.below) {
    place(each, next, lefts);
    next += each.span + BETWEEN_BOXES;
  }
}

/** The rounds that a column shows. @param {Family[]} families */
function caption(families) {
  const rounds = families.flatMap(({ leaves, trunk }) => [...leaves, ...trunk]).map((node) => node.candidate.round);
  const first = -largest(rounds.map((round) => -round));
  const last = largest(rounds);
  return first === last ? `round ${first}` : `rounds ${first} to ${last}`;
}
