// The tree as a control: a canvas that is panned, zoomed and walked through. For assistive technology it is an ARIA tree of
// which only the current item is in the document, as two thousand of them would make every step slow.

const STEP = 1.25; // one press of a zoom key

class TreeControl {
  /**
   * @param {(node: TreeNode) => void} onOpen a node was clicked
   * @param {() => void} onEnter the opened node's details were asked for from the keyboard
   * @param {() => void} onClose
   */
  constructor(onOpen, onEnter, onClose) {
    this.onOpen = onOpen;
    this.onEnter = onEnter;
    this.onClose = onClose;
    this.element = byId("tree");
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("canvas"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.view = new View();
    this.screen = { width: 1, height: 1 };
    /** @type {Marks} */
    this.marks = { cursor: null, opened: null, focused: false };
    this.touched = false; // whether the reader has chosen a view, which a resize must then respect
    this.drawing = false;
    this.listen();
  }

  /** @param {Search} search */
  show(search) {
    this.search = search;
    this.scene = sceneOf(search, layOut(search.roots));
    const { cursor } = this.marks;
    this.marks.cursor = (cursor && search.nodes.get(cursor.id)) ?? search.winner ?? search.roots[0] ?? null;
    this.recolour();
    if (!this.touched) this.fit();
    this.tell();
  }

  /** Take the colours over from the legend, which has those of the current theme. */
  recolour() {
    const of = (/** @type {string} */ selector) =>
      getComputedStyle(/** @type {Element} */ (document.querySelector(selector))).color;
    const box = getComputedStyle(byId("legend")).backgroundColor;
    this.palette = {
      pass: of("#legend .pass"),
      part: of("#legend .part"),
      fail: of("#legend .fail"),
      none: of("#legend .none"),
      gold: of("#legend .gold"),
      ink: of("body"),
      muted: of("#legend"),
      line: getComputedStyle(byId("legend")).borderTopColor,
      box,
      accent: of("#cursor"),
    };
    this.draw();
  }

  draw() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      if (this.scene && this.palette) paint(this.context, this.scene, this.view, this.palette, this.marks);
    });
  }

  fit() {
    if (this.scene) this.view.fit(this.scene.layout, this.screen);
    this.touched = false;
    this.draw();
  }

  /**
   * @param {number} factor
   * @param {Point} at a point of the screen
   */
  zoom(factor, at = { x: this.screen.width / 2, y: this.screen.height / 2 }) {
    this.view.zoom(factor, at.x, at.y);
    this.touched = true;
    this.draw();
  }

  /** @param {number} dx pixels @param {number} dy */
  pan(dx, dy) {
    this.view.pan(dx, dy);
    this.touched = true;
    this.draw();
  }

  /** Zoom with the cursor in sight. @param {number} factor */
  zoomToCursor(factor) {
    const { cursor } = this.marks;
    this.zoom(factor, cursor ? this.view.pointOf(cursor) : undefined);
    if (cursor) this.view.reveal(cursor, this.screen);
  }

  /** Put the cursor on a node and have it in sight. @param {TreeNode} node */
  moveTo(node) {
    this.marks.cursor = node;
    this.view.reveal(node, this.screen);
    this.tell();
    this.draw();
  }

  /** @param {TreeNode | null} node */
  markOpened(node) {
    this.marks.opened = node;
    if (node) this.marks.cursor = node;
    this.tell();
    this.draw();
  }

  /** Say where the cursor is, to the eye and to assistive technology. */
  tell() {
    const node = this.marks.cursor;
    const cursor = byId("cursor");
    cursor.replaceChildren(node ? visible(node.words) : "no candidates yet");
    if (!node || !this.search) return;
    const siblings = this.search.siblings(node);
    cursor.ariaLevel = String(node.depth + 1);
    cursor.ariaPosInSet = String(siblings.indexOf(node) + 1);
    cursor.ariaSetSize = String(siblings.length);
    cursor.ariaSelected = String(node === this.marks.opened);
    cursor.ariaExpanded = node.children.length ? "true" : null;
  }

  listen() {
    const { element } = this;
    new ResizeObserver(() => this.resize()).observe(element);
    element.addEventListener("focus", () => this.focus(true));
    element.addEventListener("blur", () => this.focus(false));
    element.addEventListener("keydown", (event) => this.key(event));
    new Gestures(element, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, at) => this.zoom(factor, at),
      hover: (at) => this.hint(at),
      click: (at) => this.click(at),
    });
    byId("closer").addEventListener("click", () => this.zoom(STEP));
    byId("farther").addEventListener("click", () => this.zoom(1 / STEP));
    byId("whole").addEventListener("click", () => this.fit());
  }

  /** @param {boolean} focused whether the cursor is shown */
  focus(focused) {
    this.marks.focused = focused;
    this.draw();
  }

  resize() {
    this.screen = { width: this.element.clientWidth, height: this.element.clientHeight };
    this.canvas.width = Math.round(this.screen.width * devicePixelRatio);
    this.canvas.height = Math.round(this.screen.height * devicePixelRatio);
    if (this.touched) this.draw();
    else this.fit();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = this.marks.cursor;
    const siblings = node && this.search ? this.search.siblings(node) : [];
    const beside = (/** @type {number} */ step) => siblings[siblings.indexOf(/** @type {TreeNode} */ (node)) + step];
    /** @type {Record<string, () => TreeNode | null | undefined>} */
    const ways = {
      ArrowLeft: () => node?.parent,
      ArrowRight: () => inDrawnOrder(node?.children ?? []).at(-1),
      ArrowUp: () => beside(-1),
      ArrowDown: () => beside(1),
      Home: () => siblings[0],
      End: () => siblings.at(-1),
    };
    /** @type {Record<string, () => void>} */
    const deeds = {
      "+": () => this.zoomToCursor(STEP),
      "=": () => this.zoomToCursor(STEP),
      "-": () => this.zoomToCursor(1 / STEP),
      0: () => this.fit(),
      Enter: () => node && this.enter(node),
      Escape: () => this.onClose(),
    };
    if (!(event.key in ways) && !(event.key in deeds)) return;
    event.preventDefault();
    const target = ways[event.key]?.();
    if (target) this.step(target);
    deeds[event.key]?.();
  }

  /** Go to a node; details that are open follow. @param {TreeNode} node */
  step(node) {
    this.moveTo(node);
    if (this.marks.opened) this.onOpen(node);
  }

  /** @param {TreeNode} node */
  enter(node) {
    this.onOpen(node);
    this.onEnter();
  }

  /** The node under a point of the screen, or close to it. @param {Point} at */
  nearest(at) {
    const place = this.view.placeAt(at.x, at.y);
    const reach = Math.max(CELL / 2, 6 / this.view.scale);
    let best = null;
    let least = reach;
    for (const node of this.scene?.nodes ?? []) {
      const far = distance(node, place);
      if (far < least) [best, least] = [node, far];
    }
    return best;
  }

  /** @param {Point} at */
  click(at) {
    const node = this.nearest(at);
    if (node) this.onOpen(node);
  }

  /** Tell about the node under the pointer, beside the pointer. @param {Point | null} at */
  hint(at) {
    const node = at && this.nearest(at);
    const tip = byId("tip");
    tip.hidden = !node;
    if (!node) return;
    tip.replaceChildren(visible(node.words));
    tip.style.left = `${Math.max(4, Math.min(at.x + 14, this.screen.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${at.y > 60 ? at.y - 34 : at.y + 18}px`;
  }
}
