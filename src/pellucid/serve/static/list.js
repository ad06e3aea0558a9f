// The pictures, one row each with what became of it, and all of them together.

import { bytes } from "./figures.js";

export class List {
  #list;
  #totals;
  #chosen;
  #removed;

  /** @param {{list: HTMLUListElement, totals: HTMLElement}} parts */
  constructor({ list, totals }, { chosen, removed }) {
    this.#list = list;
    this.#totals = totals;
    this.#chosen = chosen;
    this.#removed = removed;
  }

  /** Show these pictures; rows that are there stay, with what has the focus. */
  show(pictures, current) {
    const rows = new Map([...this.#list.children].map((row) => [row.dataset.key, row]));
    for (const picture of pictures) {
      const row = rows.get(picture.key) ?? this.#rowOf(picture);
      rows.delete(picture.key);
      if (!row.isConnected) this.#list.append(row);
      this.#fill(row, picture, picture === current);
    }
    for (const row of rows.values()) row.remove();
    this.#totals.textContent = totalOf(pictures);
  }

  #rowOf(picture) {
    const row = document.createElement("li");
    row.dataset.key = picture.key;
    const open = button("open", "", () => this.#chosen(picture));
    open.append(document.createElement("canvas"), element("bdi", "name"), element("span", "size"));
    open.querySelector(".name").textContent = picture.name;
    const remove = button("remove", "×", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      this.#removed(picture);
      next?.querySelector(".open").focus();
    });
    remove.setAttribute("aria-label", `Remove ${picture.name}`);
    row.append(open, remove);
    return row;
  }

  #fill(row, picture, current) {
    const open = row.querySelector(".open");
    open.setAttribute("aria-current", current);
    open.querySelector(".size").textContent = sizeOf(picture);
    if (picture.thumbnail && !open.contains(picture.thumbnail)) {
      open.querySelector("canvas").replaceWith(picture.thumbnail);
    }
  }
}

/** A small copy of a picture's pixels. */
export function thumbnailOf(image, side = 96) {
  const whole = document.createElement("canvas");
  [whole.width, whole.height] = [image.width, image.height];
  whole.getContext("2d").putImageData(image, 0, 0);
  const small = document.createElement("canvas");
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  small.width = Math.max(1, Math.round(scale * image.width));
  small.height = Math.max(1, Math.round(scale * image.height));
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, 0, 0, small.width, small.height);
  return small;
}

function sizeOf({ figures, failed, later, file }) {
  if (failed) return "not done";
  if (!figures) return later ? "made when chosen or saved" : "…";
  return figures.bytes == null ? "denoised" : `${bytes(file.size)} → ${bytes(figures.bytes)}`;
}

function totalOf(pictures) {
  const done = pictures.filter(({ figures }) => figures?.bytes != null);
  if (!done.length) return "";
  const before = done.reduce((sum, { file }) => sum + file.size, 0);
  const after = done.reduce((sum, { figures }) => sum + figures.bytes, 0);
  const part = ((100 * after) / before).toFixed(1);
  const all = done.length === pictures.length ? "All" : `${done.length} of ${pictures.length}`;
  return `${all}: ${bytes(before)} bytes → ${bytes(after)} bytes, ${part} %`;
}

function button(name, text, pressed) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.addEventListener("click", pressed);
  return made;
}

function element(kind, name) {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}
