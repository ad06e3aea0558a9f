// What went wrong, one line each, until it is right again or taken away.

export class Messages {
  #list;

  /** @param {HTMLUListElement} list a live region */
  constructor(list) {
    this.#list = list;
  }

  /** Say something; what was said under the same key before is replaced. */
  say(key, text) {
    const line = this.#find(key);
    if (line?.querySelector("span").textContent === text) return;
    line?.remove();
    const item = document.createElement("li");
    const words = document.createElement("span");
    const close = document.createElement("button");
    item.dataset.key = key;
    words.textContent = text;
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", `Take away: ${text}`);
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
