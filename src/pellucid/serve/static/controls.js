// The form: what is chosen, as the server takes it, and which controls belong to it.

import { json } from "./api.js";

const MODELS = { auto: "chosen for the picture", m: "m, smaller files", s: "s, faster" };
const DENOISERS = { m: "m, cleaner", s: "s", xs: "xs, faster" };
const PARTS = ["part", "strength"]; // shown in percent, meant as 0 to 1
const EXACT = ["lossless", "max_error"]; // aims that any samples allow
const NUMBERS = ["quality", "effort", "max_error"];

export class Controls {
  #form;
  #wanted = { task: "open", aim: "quality" }; // as chosen, though it may not be there for all

  /** @param {HTMLFormElement} form @param {() => void} changed told of what a person changes */
  constructor(form, changed) {
    this.#form = form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", ({ target }) => {
      if (target.name in this.#wanted) this.#wanted[target.name] = target.value;
      this.#show();
      if (form.checkValidity()) changed();
    });
    this.#show();
  }

  /** Fill in the models that the server has; what else it says of itself. */
  async load() {
    const { models, denoisers, ...told } = await json("about", { method: "GET" });
    fill(this.#form.elements.model, models, MODELS);
    fill(this.#form.elements.denoiser, denoisers, DENOISERS);
    return told;
  }

  /** Offer what can be done with a picture, and choose of that what is done with it. */
  follow(about) {
    const { elements } = this.#form;
    this.#form.querySelector("[data-pel]").hidden = !about.pel;
    for (const choice of elements.aim) choice.disabled = !(about.lossy || EXACT.includes(choice.value));
    document.getElementById("only-exact").hidden = about.lossy;
    for (const [name, value] of Object.entries(possible(this.#wanted, about))) {
      elements[name].value = value;
    }
    this.#show();
  }

  /** What is chosen now: from what a picture is to what the server is asked to do with it. */
  settings() {
    const fields = [...this.#form.elements].filter(({ type }) => type !== "radio");
    const chosen = { ...this.#wanted };
    for (const { name, value } of fields) chosen[name] = value;
    return (about) => settingsFor({ ...chosen, ...possible(chosen, about) });
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

/** Task and aim that a picture allows: only .pel files can be shown as they are. */
function possible({ task, aim }, { pel, lossy }) {
  return {
    task: task === "open" && !pel ? "compress" : task,
    aim: lossy || EXACT.includes(aim) ? aim : "lossless",
  };
}

/** Only what belongs to the task is sent. */
function settingsFor(chosen) {
  const { task } = chosen;
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

function valueOf(name, chosen) {
  if (PARTS.includes(name)) return Number(chosen[name]) / 100;
  if (name === "size") return Math.max(1, Math.round(1000 * Number(chosen.size)));
  return NUMBERS.includes(name) ? Number(chosen[name]) : chosen[name];
}

function fill(select, names, words) {
  select.replaceChildren(...names.map((name) => new Option(words[name] ?? name, name)));
}
