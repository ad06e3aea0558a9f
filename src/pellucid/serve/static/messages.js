// What went wrong, one line each, until it is right again or taken away.

import { isAbort } from "./api.js";

const SERVER = "server"; // the key of what is said while it does not answer

export class Messages {
  #list;

  /** @param {HTMLUListElement} list a live region */
  constructor(list) {
    this.#list = list;
  }

  /**
   * Do something; what goes wrong is said under a key until it goes well, with a picture's name.
   *
   * @returns {Promise<boolean>} whether it went well; what was stopped is thrown on
   */
  async watch({ key, name = "", signal }, what) {
    try {
      await what();
    } catch (error) {
      signal?.throwIfAborted();
      if (isAbort(error)) throw error;
      if (error.status === 0) this.say(SERVER, error.message);
      else this.say(key, error.message, name);
      return false;
    }
    this.clear(key);
    this.clear(SERVER);
    return true;
  }

  /** Say something, of a picture; what was said under the same key before is replaced. */
  say(key, problem, name = "") {
    const line = this.#find(key);
    const text = sentence(problem, name);
    if (line?.querySelector("span").textContent === text.textContent) return;
    line?.remove();
    const item = document.createElement("li");
    const words = document.createElement("span");
    const close = document.createElement("button");
    item.dataset.key = key;
    words.append(text);
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", `Take away: ${words.textContent}`);
    close.addEventListener("click", () => item.remove());
    item.append(words, close);
    this.#list.append(item);
  }

  /** Take a line away, if it is there. */
  clear(key) {
    this.#find(key)?.remove();
  }

  #find(key) {
    return [...this.#list.children].find((item) => item.dataset.key === key);
  }
}

/** Text with a name before it, whose direction of writing stays its own. */
export function sentence(text, name = "") {
  const all = new DocumentFragment();
  if (name) {
    const said = document.createElement("bdi");
    said.textContent = name;
    all.append(said, ": ");
  }
  all.append(text);
  return all;
}
