// What happens when a picture or a setting is chosen: the part that is seen first, then the whole,
// then maps and other formats, then the other pictures. Each step ends when something newer is
// wanted.

import { pause } from "./api.js";
import { PEERS, described } from "./figures.js";
import { Latest } from "./latest.js";
import { thumbnailOf } from "./list.js";
import { comparable } from "./page.js";
import { Picture } from "./picture.js";

const SMALL = 1_000_000; // pixels of a picture that is shown as a whole at once
const LARGE = 4_000_000; // and from which a part comes first even if all is seen
const PREVIEW = 500_000; // pixels of that part
const REST_MS = 500; // without a change before other formats are tried

export class Session {
  pictures = [];
  current = null;
  #page;
  #opened = null; // the picture that the view shows
  #result = null; // its pixels, as the settings made them
  #work = new Latest();
  #side = new Latest();
  #map = new Latest();

  /** @param {import("./page.js").Page} page what is seen of all this */
  constructor(page) {
    this.#page = page;
  }

  /** Take pictures in; the first of them is shown. */
  add(files) {
    const added = files.map((file) => new Picture(file));
    this.pictures.push(...added);
    if (added.length) this.choose(added[0]);
  }

  /** Show another picture. */
  choose(picture) {
    this.current = picture;
    this.refresh();
  }

  /** Let go of a picture. */
  remove(picture) {
    this.pictures = this.pictures.filter((each) => each !== picture);
    this.#page.messages.clear(picture.key);
    if (this.pictures.length) {
      this.choose(this.current === picture ? this.pictures[0] : this.current);
    } else {
      this.#clear();
    }
    picture.forget();
  }

  /** Other settings: all is made anew. */
  change() {
    for (const picture of this.pictures) picture.figures = null;
    if (this.current) this.refresh();
  }

  /** Show the current picture as the settings make it, and then the others. */
  refresh() {
    const { stage } = this.#page;
    this.#side.stop();
    this.#map.stop();
    this.#page.working(true);
    this.#page.show(this.pictures, this.current);
    return this.#work.run(async (signal) => {
      const done = await this.#tried(this.current, (options) => this.#show(options), signal);
      this.#page.working(false, done);
      if (done) {
        requestAnimationFrame(() => stage.dispatchEvent(new Event("shown")));
        this.showMap();
        await pause(REST_MS, signal);
        await this.#peers(signal);
      }
      await this.#others(signal);
    }, (error) => this.#page.messages.say("page", error.message));
  }

  /** Show what is chosen for the right side: the result, or another format's picture. */
  showSide() {
    const { view, side } = this.#page;
    const picture = this.current;
    this.#side.run(async (signal) => {
      let image = this.#result;
      if (side in PEERS) {
        const { waiting } = this.#page;
        const body = this.#settings(picture);
        ({ image } = await picture.pixels(`peers/${side}/picture`, { body, signal, waiting }));
      }
      view.put("after", image);
      this.#page.nameSides(picture);
    }, (error) => this.#failed(picture, error));
  }

  /** Show the map that is chosen, or none. */
  showMap() {
    const { view, map, waiting } = this.#page;
    const picture = this.current;
    this.#map.run(async (signal) => {
      if (!map) {
        view.put("overlay", null);
        this.#page.legend(null);
        return;
      }
      const body = this.#settings(picture);
      const { image, figures } = await picture.pixels(
        `overlays/${map}`, { body, signal, waiting },
      );
      view.put("overlay", image);
      this.#page.legend(figures);
    }, (error) => {
      view.put("overlay", null);
      this.#page.legend(null);
      this.#failed(picture, error);
    });
  }

  /** What a request about a picture is sent with. */
  options(picture) {
    return { body: this.#settings(picture), waiting: this.#page.waiting };
  }

  #settings(picture) {
    return this.#page.controls.settingsFor(picture.about);
  }

  async #show({ signal, waiting }) {
    const { view, messages, controls } = this.#page;
    const picture = this.current;
    const about = await picture.sent(waiting);
    signal.throwIfAborted();
    if (about.pel) controls.offerOpen();
    if (this.#opened !== picture) await this.#open(picture, { signal, waiting });
    const options = { body: this.#settings(picture), signal, waiting };
    if (options.body.task !== "open") await this.#preview(picture, options);
    const { image, figures } = await picture.pixels("result", options);
    this.#result = image;
    view.put("overlay", null);
    view.put("after", image);
    picture.figures = figures;
    messages.clear(picture.key);
    this.#page.result(picture);
  }

  async #open(picture, options) {
    const { image } = await picture.pixels("original", options);
    this.#opened = picture;
    this.#page.present(described(picture.about));
    this.#page.view.open(image);
    picture.thumbnail ??= thumbnailOf(image);
  }

  async #preview(picture, options) {
    const { view } = this.#page;
    const part = view.part(PREVIEW);
    const zoomed = part.width * part.height < view.pixels / 2 && !view.whole;
    if (view.pixels < SMALL || !(zoomed || view.pixels > LARGE)) return;
    const { image } = await picture.pixels(`preview?${new URLSearchParams(part)}`, options);
    view.put("after", image, part.x, part.y);
  }

  async #peers(signal) {
    const { waiting } = this.#page;
    const picture = this.current;
    const body = this.#settings(picture);
    if (!comparable(picture)) return;
    for (const name of Object.keys(PEERS)) {
      try {
        const figures = await picture.peer(name, { body, signal, waiting });
        this.#page.peer(name, figures, figures.bytes == null ? "none so small" : "");
      } catch (error) {
        signal.throwIfAborted();
        if (!error.status) throw error;
        this.#page.peer(name, null, error.message);
      }
      if (this.#page.side === name) this.showSide();
    }
  }

  async #others(signal) {
    const { waiting } = this.#page;
    for (const picture of this.pictures) {
      if (picture.figures || picture === this.current) continue;
      await this.#tried(picture, async (options) => {
        await picture.sent(waiting);
        const body = this.#settings(picture);
        const { image, figures } = await picture.pixels("result", { ...options, body });
        picture.thumbnail ??= thumbnailOf(image);
        picture.figures = figures;
        this.#page.messages.clear(picture.key);
      }, signal);
    }
  }

  /** Whether something with a picture went well; if not, it is said, and the rest goes on. */
  async #tried(picture, what, signal) {
    picture.problem = "";
    try {
      await what({ signal, waiting: this.#page.waiting });
      this.#page.messages.clear("server");
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#failed(picture, error);
      return false;
    } finally {
      this.#page.show(this.pictures, this.current);
    }
  }

  #failed(picture, error) {
    picture.problem = error.message;
    if (picture === this.current && this.#opened !== picture) {
      this.#opened = null;
      this.#page.present("");
    }
    const gone = error.status === 0;
    this.#page.messages.say(
      gone ? "server" : picture.key, gone ? error.message : `${picture.name}: ${error.message}`,
    );
  }

  #clear() {
    this.#work.stop();
    this.current = this.#opened = this.#result = null;
    this.#page.present("");
    this.#page.working(false, false);
    this.#page.show([], null);
  }
}
