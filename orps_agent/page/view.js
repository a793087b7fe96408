// The window on the tree: which part of it is seen, and how large.

const SMALLEST = 0.05;
const LARGEST = 6;
const MARGIN = 24; // kept free around the whole tree, in pixels
const FOOT = 24; // and below it, for the words and the buttons there

/** Screen = scale * world + (x, y), in CSS pixels. */
class View {
  constructor() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
  }

  /**
   * Show all of a drawing, in the middle.
   * @param {{width: number, height: number}} drawing
   * @param {{width: number, height: number}} screen
   */
  fit(drawing, screen) {
    const height = screen.height - FOOT;
    const room = Math.min((screen.width - 2 * MARGIN) / drawing.width, (height - 2 * MARGIN) / drawing.height);
    this.scale = Math.min(1.6, Math.max(SMALLEST, room));
    this.x = (screen.width - this.scale * drawing.width) / 2;
    this.y = (height - this.scale * drawing.height) / 2;
  }

  /**
   * Zoom so that what is under a point of the screen stays there.
   * @param {number} factor
   * @param {number} x
   * @param {number} y
   */
  zoom(factor, x, y) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
  }

  /**
   * @param {number} dx pixels
   * @param {number} dy
   */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
  }

  /**
   * Pan as little as it takes to have a place of the tree well inside the screen.
   * @param {Point} place
   * @param {{width: number, height: number}} screen
   */
  reveal(place, screen) {
    const { x, y } = this.pointOf(place);
    const inset = Math.min(80, screen.width / 4, screen.height / 4);
    this.pan(
      Math.max(inset - x, 0) || Math.min(screen.width - inset - x, 0),
      Math.max(inset - y, 0) || Math.min(screen.height - inset - y, 0),
    );
  }

  /** Where on the screen a place of the tree is. @param {Point} place */
  pointOf(place) {
    return { x: this.scale * place.x + this.x, y: this.scale * place.y + this.y };
  }

  /**
   * The place of the tree under a point of the screen.
   * @param {number} x
   * @param {number} y
   */
  placeAt(x, y) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }
}
