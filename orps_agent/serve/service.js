// Talks to the service that the page came from. The token stays in this tab and goes nowhere but there.

const KEPT_TOKEN = "orps-token";

/**
 * The answer to a request; asks the reader for a token when the service wants one. Throws an Error in words.
 * @param {string} path
 * @param {{body?: object, headers?: Record<string, string>}} [given] with a body it is a POST
 * @returns {Promise<Response>}
 */
async function ask(path, { body, headers = {} } = {}) {
  const token = sessionStorage.getItem(KEPT_TOKEN);
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    body: body ? JSON.stringify(body) : null,
    headers: {
      ...headers,
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
  });
  if (answer.status === 401) {
    await login(token !== null);
    return ask(path, { body, headers });
  }
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
}

/** What the service says as JSON; what is null there is left out. @param {string} path @param {object} [body] */
async function askJson(path, body) {
  const text = await (await ask(path, { body })).text();
  return JSON.parse(text, (_key, value) => value ?? undefined);
}

/** @type {Promise<void> | null} */
let asking = null;

/** Ask for the token, once however many requests want it. @param {boolean} wrong whether the last one was refused */
function login(wrong) {
  asking ??= new Promise((resolve) => {
    const input = /** @type {HTMLInputElement} */ (el("input"));
    input.type = "password";
    input.autocomplete = "off";
    input.ariaLabel = "Token";
    const enter = /** @type {HTMLButtonElement} */ (el("button", "enter"));
    const words = wrong ? "That token is not in force. Another one:" : "This service wants a token:";
    const form = el("form.login", el("p", words), input, enter);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEPT_TOKEN, input.value.trim());
      form.remove();
      asking = null;
      resolve();
    });
    document.body.append(form);
    input.focus();
  });
  return asking;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Tell the reader that something went wrong; nothing, when it goes well again. @param {string} words */
function notice(words) {
  const place = document.querySelector(".notice") ?? el("p.notice");
  place.replaceChildren(visible(words));
  if (words) document.body.append(place);
  else place.remove();
}

/**
 * Do it, and say what went wrong if something does.
 * @param {() => Promise<void>} deed
 */
async function attempt(deed) {
  try {
    await deed();
    notice("");
  } catch (error) {
    notice(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} words @param {string} address */
function linkTo(words, address) {
  const element = /** @type {HTMLAnchorElement} */ (el("a", words));
  element.href = address;
  return element;
}
