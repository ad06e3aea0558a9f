// What happens when a picture or a setting is chosen: the part that is seen first, then the whole,
// then maps, and other formats beside the other pictures. Each step ends when something newer is
// wanted.

import { pause } from "./api.js";
import { PEERS, described } from "./figures.js";
import { Latest } from "./latest.js";
import { thumbnailOf } from "./list.js";
import { unlike } from "./page.js";
import { Picture } from "./picture.js";

const SMALL = 1_000_000; // pixels of a picture that is shown as a whole at once
const LARGE = 4_000_000; // and from which a part comes first even if all is seen
const PREVIEW = 500_000; // pixels of that part
const REST_MS = 500; // without a change before other formats are tried

export class Session {
  pictures = [];
  current = null;
  kept = Infinity; // bytes of pictures that the server keeps
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

  /** Let go of a picture; if it is the one that is shown, its neighbour is. */
  remove(picture) {
    const place = this.pictures.indexOf(picture);
    this.pictures = this.pictures.filter((each) => each !== picture);
    this.#page.messages.clear(picture.key);
    const last = this.pictures.length - 1;
    if (last < 0) this.#clear();
    else this.choose(this.current === picture ? this.pictures[Math.min(place, last)] : this.current);
    picture.forget();
  }

  /** Other settings: all is made anew. */
  change() {
    for (const picture of this.pictures) picture.figures = null;
    if (this.current) this.refresh();
  }

  /** Show the current picture as the settings make it; then others beside it, and the others. */
  refresh() {
    const { stage, messages } = this.#page;
    const picture = this.current;
    this.#side.stop();
    this.#map.stop();
    for (const key of ["side", "map"]) messages.clear(key);
    this.#page.working(true);
    if (this.#opened !== picture) this.#page.ready(null);
    this.#page.show(this.pictures, picture);
    return this.#work.run(async (signal) => {
      const done = await this.#tried(picture, (options) => this.#show(picture, options), signal);
      this.#page.working(false, done);
      if (done) {
        requestAnimationFrame(() => stage.dispatchEvent(new Event("shown")));
        this.showMap();
      } else {
        this.#failed(picture);
      }
      await Promise.all([done && this.#peers(picture, signal), this.#others(signal)]);
    }, (error) => messages.say("page", error.message));
  }

  /** Show what is chosen for the right side: the result, or another format's picture. */
  showSide() {
    const { view, side } = this.#page;
    this.#beside("side", async (picture, options) => {
      let image = this.#result;
      if (side in PEERS) ({ image } = await picture.pixels(`peers/${side}/picture`, options));
      view.put("after", image);
      this.#page.nameSides(picture);
      this.showMap();
    });
  }

  /** Show the map that is chosen, or none. */
  showMap() {
    const { view, map } = this.#page;
    const show = (image, figures) => {
      view.put("overlay", image);
      this.#page.legend(figures);
    };
    this.#beside("map", async (picture, options) => {
      if (!map) return show(null, null);
      const { image, figures } = await picture.pixels(`overlays/${map}`, options);
      return show(figures.even ? null : image, figures); // one shade everywhere says nothing
    }, () => show(null, null));
  }

  /** From a picture to what a request about it is sent with, by the settings that are chosen now. */
  options() {
    const settings = this.#page.controls.settings();
    return (picture) => ({ body: settings(picture.about), waiting: this.#page.waiting });
  }

  /** Do something for the picture that is shown, instead of what was done before in its place. */
  #beside(key, what, failed = () => {}) {
    const picture = this.current;
    const { messages } = this.#page;
    const latest = { side: this.#side, map: this.#map }[key];
    latest.run(async (signal) => {
      const options = { ...this.options()(picture), signal };
      const well = await messages.watch({ key, name: picture.name, signal }, () =>
        what(picture, options));
      if (!well) failed();
    }, (error) => messages.say("page", error.message));
  }

  async #show(picture, { signal, waiting }) {
    const { view, controls } = this.#page;
    const about = await picture.sent(waiting);
    signal.throwIfAborted();
    controls.follow(about);
    if (this.#opened !== picture) await this.#open(picture, { signal, waiting });
    const options = { ...this.options()(picture), signal };
    if (options.body.task !== "open") await this.#preview(picture, options);
    const { image, figures } = await picture.pixels("result", options);
    this.#result = image;
    view.put("overlay", null);
    view.put("after", image);
    picture.figures = figures;
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

  async #peers(picture, signal) {
    if (unlike(picture)) return;
    await pause(REST_MS, signal);
    const options = { ...this.options()(picture), signal };
    for (const name of Object.keys(PEERS)) {
      try {
        const figures = await picture.peer(name, options);
        this.#page.peer(name, figures, figures.bytes == null ? "none so small" : "");
      } catch (error) {
        signal.throwIfAborted();
        this.#page.peer(name, null, error.status === 0 ? "–" : error.message);
      }
      if (this.#page.side === name) this.showSide();
    }
  }

  async #others(signal) {
    for (const picture of [...this.pictures]) {
      if (picture.figures || picture === this.current) continue;
      picture.later = !this.#fits(picture);
      if (picture.later) continue;
      await this.#tried(picture, async ({ waiting }) => {
        await picture.sent(waiting);
        const options = { ...this.options()(picture), signal };
        const { image, figures } = await picture.pixels("result", options);
        picture.thumbnail ??= thumbnailOf(image);
        picture.figures = figures;
      }, signal);
    }
    this.#page.show(this.pictures, this.current);
  }

  /** Whether the server keeps a picture beside those that are made; if not, they would be sent again
   *  and again. One that it doesn't know is taken to be as large as the largest of them. */
  #fits(picture) {
    const made = this.pictures.filter((each) => each.figures || each === this.current);
    const rooms = made.map(({ about }) => about?.room ?? 0);
    const room = picture.about?.room ?? Math.max(0, ...rooms);
    return rooms.reduce((sum, each) => sum + each, room) <= this.kept;
  }

  /** Whether something with a picture went well; if not, it is said, and the rest goes on. */
  async #tried(picture, what, signal) {
    const { messages, waiting } = this.#page;
    const watched = { key: picture.key, name: picture.name, signal };
    picture.failed = !(await messages.watch(watched, () => what({ signal, waiting })));
    this.#page.show(this.pictures, this.current);
    return !picture.failed;
  }

  /** The picture has no result: what is seen is of another, or of other settings. */
  #failed(picture) {
    this.#page.ready(null);
    if (this.#opened === picture) return;
    this.#opened = null;
    this.#page.present("");
  }

  #clear() {
    this.#work.stop();
    this.current = this.#opened = this.#result = null;
    this.#page.present("");
    this.#page.ready(null);
    this.#page.working(false, false);
    this.#page.show([], null);
  }
}
