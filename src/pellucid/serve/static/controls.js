// The form: what is chosen, as the server takes it, and which controls belong to it.

import { json } from "./api.js";

const MODELS = { auto: "chosen for the picture", m: "m, smaller files", s: "s, faster" };
const DENOISERS = { m: "m, cleaner", s: "s", xs: "xs, faster" };
const PARTS = ["part", "strength"]; // shown in percent, meant as 0 to 1
const NUMBERS = ["quality", "effort", "max_error"];

export class Controls {
  #form;

  /** @param {HTMLFormElement} form @param {() => void} changed told of what a person changes */
  constructor(form, changed) {
    this.#form = form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      this.#show();
      if (form.checkValidity()) changed();
    });
    this.#show();
  }

  /** Fill in the models that the server has. */
  async load() {
    const { models, denoisers } = await json("about", { method: "GET" });
    fill(this.#form.elements.model, models, MODELS);
    fill(this.#form.elements.denoiser, denoisers, DENOISERS);
  }

  /** Offer to show files as they are, which only .pel files can be. */
  offerOpen() {
    const choice = this.#form.querySelector("[data-pel]");
    if (!choice.hidden) return;
    choice.hidden = false;
    choice.querySelector("input").checked = true;
    this.#show();
  }

  /** What the server is asked to do with a picture; only what belongs to the task is sent. */
  settingsFor(about) {
    const chosen = this.#values;
    const task = chosen.task === "open" && !about.pel ? "compress" : chosen.task;
    const wanted = { task };
    const add = (...names) => names.forEach((name) => { wanted[name] = valueOf(name, chosen); });
    if (task === "denoise") add("strength", "denoiser");
    if (task === "compress") {
      add("aim");
      if (chosen.aim !== "lossless") add(chosen.aim);
      if (["quality", "size"].includes(chosen.aim)) {
        add("tune", "model", "effort", "denoise");
        if (chosen.denoise === "part") add("part");
      }
    }
    return wanted;
  }

  get #values() {
    return Object.fromEntries(new FormData(this.#form));
  }

  /** Hide and disable what doesn't belong to the choice, and say the values of ranges. */
  #show() {
    for (const element of this.#form.querySelectorAll("[data-when]")) {
      const wanted = element.dataset.when.split(" ").map((pair) => pair.split("="));
      element.hidden = !wanted.some(([name, value]) => this.#form.elements[name].value === value);
    }
    for (const input of this.#form.elements) {
      if (input.type === "number") input.disabled = input.closest("[hidden]") !== null;
    }
    for (const said of this.#form.querySelectorAll("[data-of]")) {
      const name = said.dataset.of;
      said.textContent = this.#form.elements[name].value + (PARTS.includes(name) ? " %" : "");
    }
  }
}

function valueOf(name, chosen) {
  if (PARTS.includes(name)) return Number(chosen[name]) / 100;
  if (name === "size") return Math.max(1, Math.round(1000 * Number(chosen.size)));
  return NUMBERS.includes(name) ? Number(chosen[name]) : chosen[name];
}

function fill(select, names, words) {
  select.replaceChildren(...names.map((name) => new Option(words[name] ?? name, name)));
}
