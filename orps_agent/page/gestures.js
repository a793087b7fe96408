// Wheel, mouse and fingers as what they mean: pan, zoom, hover, click.

/**
 * @typedef {{x: number, y: number}} Point
 * @typedef {{pan: (dx: number, dy: number) => void, zoom: (factor: number, at: Point) => void,
 *   hover: (at: Point | null) => void, click: (at: Point) => void}} Deeds points count from the element's corner
 */

const CLICK = 5; // pixels that a pointer may move and still click

class Gestures {
  /**
   * @param {HTMLElement} element
   * @param {Deeds} deeds
   */
  constructor(element, deeds) {
    this.element = element;
    this.deeds = deeds;
    /** Pointers that are down, by id. @type {Map<number, Point>} */
    this.down = new Map();
    this.moved = 0;
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.release(event));
    element.addEventListener("pointercancel", (event) => this.down.delete(event.pointerId));
    element.addEventListener("pointerleave", () => deeds.hover(null));
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : 30 * event.deltaY;
    this.deeds.zoom(Math.exp(-pixels / 400), this.at(event));
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.element.setPointerCapture(event.pointerId);
    if (!this.down.size) this.moved = 0;
    this.down.set(event.pointerId, this.at(event));
  }

  /** One pointer pans, two zoom. @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    const before = this.down.get(event.pointerId);
    if (!before) {
      this.deeds.hover(at);
      return;
    }
    const other = [...this.down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.deeds.zoom(distance(at, other) / Math.max(1, distance(before, other)), other);
    else this.deeds.pan(at.x - before.x, at.y - before.y);
    this.moved += distance(at, before);
    this.down.set(event.pointerId, at);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const pressed = this.down.delete(event.pointerId);
    if (pressed && this.moved < CLICK && !this.down.size) this.deeds.click(this.at(event));
  }

  /** @param {MouseEvent} event @returns {Point} */
  at(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
