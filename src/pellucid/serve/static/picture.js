// A picture of the list: its file, which stays here with its name, and what the server made of it.

import { ask, blob, json, pixels } from "./api.js";

const FORGOTTEN = 404;
let count = 0;

export class Picture {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.key = `picture-${(count += 1)}`;
    this.about = null; // what the server says it is
    this.figures = null; // of the last result
    this.thumbnail = null; // a canvas
    this.failed = false;
    this.later = false; // made when it is chosen or saved, as the server keeps no more
    this.sending = null; // a promise of its id
  }

  get name() {
    return this.file.name;
  }

  /** Its name without what says its format. */
  get stem() {
    return this.name.replace(/\.[^.]{1,5}$/, "") || "picture";
  }

  /** Send the file, once; what the server says of it. */
  async sent(waiting) {
    this.sending ??= json("pictures", { body: this.file, waiting });
    try {
      this.about = await this.sending;
      return this.about;
    } catch (error) {
      this.sending = null;
      throw error;
    }
  }

  /** Ask the server for something of the picture: sent first, and again if it was forgotten. */
  async #with(how, what, options) {
    for (let again = false; ; again = true) {
      const sent = this.sent(options.waiting);
      const { sending } = this;
      const { id } = await sent;
      options.signal?.throwIfAborted();
      try {
        return await how(`pictures/${id}/${what}`, options);
      } catch (error) {
        if (error.status !== FORGOTTEN || again) throw error;
        if (this.sending === sending) this.sending = null; // others may have sent it already
      }
    }
  }

  /** Pixels: `original`, `result`, `preview?...`, `overlays/...` or `peers/.../picture`. */
  pixels(what, options) {
    return this.#with(pixels, what, options);
  }

  /** Figures of a peer. */
  peer(name, options) {
    return this.#with(json, `peers/${name}`, options);
  }

  /** A file of the result: pel, png or jpg. */
  saved(kind, options) {
    return this.#with(blob, `files/${kind}`, options);
  }

  /** Let the server forget it. */
  async forget() {
    try {
      const { id } = await (this.sending ?? {});
      if (id) await ask(`pictures/${id}`, { method: "DELETE" });
    } catch {
      // it is forgotten sooner or later anyway
    }
  }
}
