// How quantities read. What is not known is a dash, never 0.

const UNKNOWN = "–";

/** @typedef {number | null | undefined} Quantity */

/**
 * The quantity in words, or a dash.
 * @param {Quantity} value
 * @param {(known: number) => string} words
 */
function known(value, words) {
  return value == null ? UNKNOWN : words(value);
}

/** @param {number} value a share from 0 to 1 */
const percent = (value) => `${Math.round(100 * value)}%`;

/** @param {number} value */
const whole = (value) => Math.round(value).toLocaleString("en");

/** @param {number} value */
const decimal = (value) => value.toFixed(value < 10 ? 2 : 1);

/** @param {number} value US dollars */
const dollars = (value) => `$${value.toFixed(value < 1 ? 4 : 2)}`;

/** @param {number} value nanoseconds */
function shortTime(value) {
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} µs`;
  return value < 1e9 ? `${(value / 1e6).toFixed(2)} ms` : `${(value / 1e9).toFixed(2)} s`;
}

/** @param {number} seconds */
function longTime(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} seconds Unix time */
const dateAndTime = (seconds) =>
  new Date(1000 * seconds).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/** @param {number[]} values at least one */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The largest; without spreading, which fails at some hundred thousand values.
 * @param {number[]} values at least one */
const largest = (values) => values.reduce((best, value) => Math.max(best, value));
