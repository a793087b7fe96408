// Draws the tree on a canvas. Everything that does not depend on the view is put into a few paths once, so that a frame is
// some dozen fills, however many nodes there are.

/**
 * @typedef {Record<"pass" | "part" | "fail" | "none" | "gold" | "ink" | "muted" | "line" | "box" | "accent", string>} Palette
 * @typedef {{verdict: Verdict, strength: number, hollow: boolean, path: Path2D}} Batch
 * @typedef {{layout: Layout, nodes: TreeNode[], winner: TreeNode | null, boxes: Path2D, links: Path2D, batches: Batch[],
 *   rings: Path2D, crosses: Path2D, diamonds: Path2D, families: Map<TreeNode, Family>}} Scene
 * @typedef {{cursor: TreeNode | null, opened: TreeNode | null, focused: boolean}} Marks
 */

const LABELS_FROM = 1.8; // the scale at which there is room for ids
const FULL_TURN = 2 * Math.PI;

/** ω is between 0 and 2. @param {TreeNode} node */
const radius = (node) => 3 + 2.5 * node.omega;

/** How strong the colour is: the critic's score, from 1 to 5. @param {TreeNode} node */
const strength = (node) => (node.candidate.process ? 0.28 + 0.144 * node.candidate.process : 0.6);

/**
 * @param {Search} search
 * @param {Layout} layout
 * @returns {Scene}
 */
function sceneOf(search, layout) {
  const nodes = [...search.nodes.values()];
  const scene = {
    layout,
    nodes,
    winner: search.winner,
    batches: batchesOf(nodes.filter((node) => node !== search.winner)),
    boxes: new Path2D(),
    links: new Path2D(),
    rings: new Path2D(),
    crosses: new Path2D(),
    diamonds: new Path2D(),
    families: new Map(layout.families.flatMap((each) => (each.parent ? [[each.parent, each]] : []))),
  };
  for (const family of layout.families) {
    scene.boxes.roundRect(family.x, family.y, family.width, family.height, 7);
    if (family.parent) link(scene.links, family.parent, family);
  }
  for (const node of nodes) addMarks(scene, node);
  return scene;
}

/** @param {TreeNode[]} nodes @returns {Batch[]} */
function batchesOf(nodes) {
  /** @type {Map<string, Batch>} */
  const batches = new Map();
  for (const node of nodes) {
    const hollow = node.candidate.status === "pruned";
    const key = [node.verdict, strength(node), hollow].join();
    const batch = batches.get(key) ?? { verdict: node.verdict, strength: strength(node), hollow, path: new Path2D() };
    batches.set(key, batch);
    disc(batch.path, node, radius(node));
  }
  return [...batches.values()];
}

/**
 * @param {Path2D} path
 * @param {{x: number, y: number}} at
 * @param {number} r
 */
function disc(path, { x, y }, r) {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, FULL_TURN);
}

/**
 * @param {Path2D} path
 * @param {TreeNode} parent
 * @param {Family} family
 */
function link(path, parent, family) {
  const start = parent.x + radius(parent);
  const end = { x: family.x, y: family.y + family.height / 2 };
  const middle = (start + end.x) / 2;
  path.moveTo(start, parent.y);
  path.bezierCurveTo(middle, parent.y, middle, end.y, end.x, end.y);
}

/**
 * What a node wears beside its disc: a ring when closed, a cross when failed, a diamond when it tampers.
 * @param {Pick<Scene, "rings" | "crosses" | "diamonds">} scene
 * @param {TreeNode} node
 */
function addMarks({ rings, crosses, diamonds }, node) {
  const { x, y } = node;
  const r = radius(node);
  if (node.candidate.status === "closed") disc(rings, node, r + 2.2);
  if (node.candidate.status === "failed") {
    crosses.moveTo(x - 5, y - 5);
    crosses.lineTo(x + 5, y + 5);
    crosses.moveTo(x + 5, y - 5);
    crosses.lineTo(x - 5, y + 5);
  }
  if (node.tampering) {
    diamonds.moveTo(x + r, y - r - 3.5);
    diamonds.lineTo(x + r + 3.5, y - r);
    diamonds.lineTo(x + r, y - r + 3.5);
    diamonds.lineTo(x + r - 3.5, y - r);
    diamonds.closePath();
  }
}

/**
 * One frame.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {View} view
 * @param {Palette} palette
 * @param {Marks} marks
 */
function paint(context, scene, view, palette, marks) {
  const ratio = window.devicePixelRatio;
  const { canvas } = context;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
  const hair = Math.max(1, 1 / view.scale); // lines between boxes stay at least a pixel wide
  const edge = Math.min(1.6, Math.max(1, 0.5 / view.scale)); // outlines of nodes get fainter, or they would fill them
  context.fillStyle = palette.box;
  context.fill(scene.boxes);
  stroke(context, scene.links, palette.line, 1.2 * hair);
  paintBranch(context, scene, scene.winner, palette.gold, 1.6 * hair);
  paintBranch(context, scene, marks.opened, palette.accent, 1.6 * hair);
  for (const batch of scene.batches) paintBatch(context, batch, palette, edge);
  stroke(context, scene.rings, palette.ink, edge);
  stroke(context, scene.crosses, palette.fail, 1.6 * edge);
  if (scene.winner) paintWinner(context, scene.winner, palette, Math.max(1, 0.6 / view.scale));
  context.fillStyle = palette.fail;
  context.fill(scene.diamonds);
  if (marks.opened) paintHalo(context, marks.opened, palette.accent, 2 * hair);
  if (marks.cursor && marks.focused && marks.cursor !== marks.opened)
    paintHalo(context, marks.cursor, palette.ink, 1.2 * hair);
  paintWords(context, scene, view, palette);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {string} colour
 * @param {number} width
 */
function stroke(context, path, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Batch} batch
 * @param {Palette} palette
 * @param {number} edge
 */
function paintBatch(context, batch, palette, edge) {
  context.globalAlpha = batch.strength;
  if (batch.hollow) {
    stroke(context, batch.path, palette[batch.verdict], 1.4 * edge);
  } else {
    context.fillStyle = palette[batch.verdict];
    context.fill(batch.path);
  }
  context.globalAlpha = 1;
}

/** The lines from the first round down to a node. */
function paintBranch(
  /** @type {CanvasRenderingContext2D} */ context,
  /** @type {Scene} */ scene,
  /** @type {TreeNode | null} */ node,
  /** @type {string} */ colour,
  /** @type {number} */ width,
) {
  const path = new Path2D();
  for (const each of node?.parent?.lineage ?? []) {
    const family = scene.families.get(each);
    if (family) link(path, each, family);
  }
  stroke(context, path, colour, width);
}

/** A star in the colour of its verdict with a golden edge; `size` keeps it in sight from afar. */
function paintWinner(
  /** @type {CanvasRenderingContext2D} */ context,
  /** @type {TreeNode} */ node,
  /** @type {Palette} */ palette,
  /** @type {number} */ size,
) {
  const path = new Path2D();
  for (let corner = 0; corner < 10; corner += 1) {
    const r = size * (corner % 2 ? 4.6 : 10.5);
    const angle = (corner / 10) * FULL_TURN - FULL_TURN / 4;
    path.lineTo(node.x + r * Math.cos(angle), node.y + r * Math.sin(angle));
  }
  path.closePath();
  context.lineJoin = "round";
  context.fillStyle = palette[node.verdict];
  context.fill(path);
  stroke(context, path, palette.gold, 2 * size);
}

/** A ring around a node that is looked at. */
function paintHalo(
  /** @type {CanvasRenderingContext2D} */ context,
  /** @type {TreeNode} */ node,
  /** @type {string} */ colour,
  /** @type {number} */ width,
) {
  const path = new Path2D();
  disc(path, node, radius(node) + 4);
  stroke(context, path, colour, width);
}

/** Captions at all scales, in one size on the screen; ids where there is room for them. */
function paintWords(
  /** @type {CanvasRenderingContext2D} */ context,
  /** @type {Scene} */ scene,
  /** @type {View} */ view,
  /** @type {Palette} */ palette,
) {
  context.fillStyle = palette.muted;
  context.font = `${12 / view.scale}px system-ui, sans-serif`;
  context.textAlign = "left";
  const room = 60 / view.scale; // pixels that a caption needs
  scene.layout.columns.forEach(({ x, caption }, at, all) => {
    if (at === 0 || x - all[at - 1].x > room) context.fillText(caption, x, CAPTION - 10);
  });
  if (view.scale < LABELS_FROM) return;
  context.font = "5.2px system-ui, sans-serif";
  context.textAlign = "center";
  const from = view.placeAt(0, 0);
  const to = view.placeAt(context.canvas.width / devicePixelRatio, context.canvas.height / devicePixelRatio);
  for (const { id, x, y, omega } of scene.nodes) {
    const seen = x > from.x - CELL && x < to.x + CELL && y > from.y - CELL && y < to.y + CELL;
    if (seen) context.fillText(id.slice(id.lastIndexOf(".") + 1), x, y + 3 + 2.5 * omega + 5.4);
  }
}
