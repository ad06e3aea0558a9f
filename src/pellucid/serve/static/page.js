// What is seen and heard: the parts of the page, and what each step of the work does to them.

import { Controls } from "./controls.js";
import { PEERS, fillRow, said, short, spoken } from "./figures.js";
import { List } from "./list.js";
import { Messages, sentence } from "./messages.js";
import { View } from "./view.js";

const COMPARED = 12e6; // pixels of the largest picture that is made as WebP and AVIF, too
const COMING = "…";

/** Why WebP and AVIF can't be put beside a result; empty if they can. */
export function unlike({ figures, about }) {
  if (about.dtype !== "uint8") return "8 bits only";
  if (about.width * about.height > COMPARED) return `up to ${COMPARED / 1e6} MP`;
  return figures.bytes == null || figures.psnr == null ? "–" : "";
}

const find = (id) => document.getElementById(id);
const chosen = (name) => document.querySelector(`[name=${name}]:checked:enabled`)?.value;

export class Page {
  stage = find("stage");
  view = new View(find("view"));
  messages = new Messages(find("messages"));
  waiting = (seconds) => this.#tell(`The server is busy; asking again in ${seconds} s.`);

  /** @param {{changed: () => void, chosen: Function, removed: Function}} told */
  constructor({ changed, chosen, removed }) {
    this.controls = new Controls(find("controls"), changed);
    const parts = { list: find("list"), totals: find("totals") };
    this.list = new List(parts, { chosen, removed });
  }

  /** What the right side is to show: pellucid, webp or avif. */
  get side() {
    return chosen("right") ?? "pellucid";
  }

  /** Which map is to be shown: bits, noise, change, or none, which is empty. */
  get map() {
    return chosen("overlay") ?? "";
  }

  /** A picture is seen, and what it is; or none, if that is empty. */
  present(about) {
    find("about-picture").textContent = about;
    for (const id of ["stage", "tools", "stage-keys"]) find(id).hidden = !about;
    find("empty").hidden = Boolean(about);
    if (!about) find("figures").hidden = true;
  }

  /** The list as it is now. */
  show(pictures, current) {
    const had = !find("pictures").hidden;
    this.list.show(pictures, current);
    find("pictures").hidden = !pictures.length;
    if (had && !pictures.length) find("choose").focus();
  }

  /** Something is done, or is done no more, and well or not. */
  working(on, well = true) {
    this.stage.setAttribute("aria-busy", on);
    this.stage.dataset.state = on ? "working" : well ? "done" : "failed";
    if (!on && !well) this.#tell("");
  }

  /** A picture's result is there and can be used, or nothing is, until there is one. */
  ready(picture) {
    document.body.dataset.ready = Boolean(picture);
    find("beside").inert = !picture;
    find("overlay").disabled = !picture;
    const kinds = picture ? ["pel", ...picture.about.files] : [];
    for (const button of document.querySelectorAll("[data-kind]")) {
      button.disabled = !kinds.includes(button.dataset.kind);
    }
    find("overlay").querySelector("[value=bits]").disabled = picture?.figures.bytes == null;
    if (picture) return;
    this.view.put("overlay", null);
    this.legend(null);
  }

  /** A result is there. */
  result(picture) {
    const { figures, file, about } = picture;
    const bpp = (8 * file.size) / (about.width * about.height);
    fillRow(find("row-original"), { bytes: file.size, bpp });
    fillRow(find("row-pellucid"), figures, "denoised");
    for (const name of Object.keys(PEERS)) this.peer(name, null, unlike(picture) || COMING);
    find("said").textContent = said(figures);
    find("figures").hidden = false;
    this.ready(picture);
    this.nameSides(picture, "pellucid");
    this.#tell(spoken(figures), picture.name);
  }

  /** Figures of another format are there, or why not; then it can't stay chosen. */
  peer(name, figures, note) {
    fillRow(find(`row-${name}`), figures, note);
    const { checked, disabled } = find(`row-${name}`).querySelector("input");
    if (checked && disabled && note !== COMING) {
      find("row-pellucid").querySelector("input").checked = true;
    }
  }

  /** Say what is seen on the right; maps are those of pellucid's file. */
  nameSides({ figures }, side = this.side) {
    find("overlay").disabled = side !== "pellucid";
    const row = find(`row-${side}`);
    for (const each of row.parentElement.rows) each.classList.toggle("shown", each === row);
    const size = row.querySelector("td").textContent;
    const name = { pellucid: "pellucid", ...PEERS }[side];
    find("right-name").textContent = figures.bytes == null ? "denoised" : `${name}, ${size} bytes`;
  }

  /** What a map's shades mean; null without a map. */
  legend(figures) {
    find("legend").hidden = !figures;
    if (!figures) return;
    const { most, more, unit, even } = figures;
    for (const part of find("legend").querySelectorAll("[data-shade]")) part.hidden = even;
    const which = even ? " everywhere" : more ? " and more" : "";
    find("legend-most").textContent = `${short(most)}${which}, ${unit}`;
  }

  #tell(text, name = "") {
    find("status").replaceChildren(sentence(text, name));
  }
}
