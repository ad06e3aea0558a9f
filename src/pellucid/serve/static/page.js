// What is seen and heard: the parts of the page, and what each step of the work does to them.

import { Controls } from "./controls.js";
import { PEERS, fillRow, said, short, spoken } from "./figures.js";
import { List } from "./list.js";
import { Messages } from "./messages.js";
import { View } from "./view.js";

/** Whether WebP and AVIF can be put beside a result: it has a size, a distance and 8 bits. */
export const comparable = ({ figures, about }) =>
  figures.bytes != null && figures.psnr != null && about.dtype === "uint8";

const find = (id) => document.getElementById(id);

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
    return document.querySelector("[name=right]:checked").value;
  }

  /** Which map is to be shown: bits, noise, change, or none, which is empty. */
  get map() {
    return document.querySelector("[name=overlay]:checked").value;
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

  /** A result is there. */
  result(picture) {
    const { figures, file, about } = picture;
    const bpp = (8 * file.size) / (about.width * about.height);
    fillRow(find("row-original"), { bytes: file.size, bpp });
    fillRow(find("row-pellucid"), figures, "denoised");
    const alone = !comparable(picture);
    const note = about.dtype === "uint8" ? "–" : "8 bits only";
    for (const name of Object.keys(PEERS)) this.peer(name, null, alone ? note : "…");
    if (alone) document.querySelector("[name=right][value=pellucid]").checked = true;
    find("said").textContent = said(figures);
    find("figures").hidden = false;
    this.nameSides(picture, "pellucid");
    this.#tell(spoken(picture.name, figures));
  }

  /** Figures of another format are there, or why not. */
  peer(name, figures, note) {
    fillRow(find(`row-${name}`), figures, note);
  }

  /** Say what is seen on the right. */
  nameSides({ figures }, side = this.side) {
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
    const { most, unit, even } = figures;
    find("legend-most").textContent = `${short(most)} ${unit}${even ? ", everywhere" : ""}`;
  }

  #tell(text) {
    find("status").textContent = text;
  }
}
