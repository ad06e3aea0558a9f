// Draws two pictures on top of each other, split by the handle, with a map over the right one.
//
// A layer is a canvas as large as the picture. What is seen of it is drawn on the canvas of the
// stage in the screen's own pixels, so a zoom of 100 % shows the picture's pixels as they are.

const LEAST_SHOWN = 40; // screen pixels of a picture that can't be moved out of sight
const MOST_ZOOM = 64;
const TINY = 16; // times that a picture fits, from which it is enlarged
const SMOOTH_BELOW = 2; // from this zoom on pixels are squares
const MAP = 0.7; // how opaque a map is

export class View {
  #canvas;
  #context;
  #squares;
  #layers = { before: null, after: null, overlay: null };
  #size = { width: 0, height: 0 };
  #asked = 0;
  #fitted = true;
  scale = 1; // screen pixels for one of the picture
  left = 0; // of the picture, in screen pixels
  top = 0;
  split = 0.5; // where the handle is, in parts of the width
  changed = () => {}; // told when zoom or place are others

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#squares = this.#context.createPattern(squares(), "repeat");
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Screen pixels for one of the page. */
  get density() {
    return window.devicePixelRatio || 1;
  }

  /** Show another picture, as it was; what belonged to the one before is gone. */
  open(image) {
    const same = image.width === this.#size.width && image.height === this.#size.height;
    this.#size = { width: image.width, height: image.height };
    this.#layers = { before: layerOf(image), after: null, overlay: null };
    if (!same) this.#fitted = true;
    this.#resize();
  }

  /** Put pixels into a layer, `after` or `overlay`, at a place; nothing takes the layer away. */
  put(name, image, x = 0, y = 0) {
    const { width, height } = this.#size;
    if (!image) {
      this.#layers[name] = null;
    } else if (image.width === width && image.height === height) {
      this.#layers[name] = layerOf(image);
    } else {
      this.#layers[name] ??= copyOf(this.#layers.before);
      this.#layers[name].getContext("2d").putImageData(image, x, y);
    }
    this.draw();
  }

  /** The whole picture, as large as it fits, and not beyond its pixels unless it is tiny. */
  fit() {
    const { width, height } = this.#canvas;
    const fitting = Math.min(width / this.#size.width, height / this.#size.height);
    const most = fitting < TINY ? 1 : Math.min(MOST_ZOOM, Math.floor(fitting));
    this.scale = Math.min(most, fitting) || 1;
    this.left = Math.round((width - this.scale * this.#size.width) / 2);
    this.top = Math.round((height - this.scale * this.#size.height) / 2);
    this.#fitted = true;
    this.draw();
  }

  /** Zoom by a factor, or to a zoom; the point (x, y) of the page's pixels stays where it is. */
  zoom({ by, to = this.scale * by, x, y }) {
    const scale = Math.min(MOST_ZOOM, Math.max(this.#least, to));
    const [atX, atY] = [x ?? this.#canvas.clientWidth / 2, y ?? this.#canvas.clientHeight / 2];
    const change = scale / this.scale;
    this.left = atX * this.density * (1 - change) + this.left * change;
    this.top = atY * this.density * (1 - change) + this.top * change;
    this.scale = scale;
    this.#moved();
  }

  /** Move the picture, in the page's pixels. */
  pan(x, y) {
    this.left += x * this.density;
    this.top += y * this.density;
    this.#moved();
  }

  /** Whether all of the picture is seen. */
  get whole() {
    const { width, height } = this.#visible;
    return width === this.#size.width && height === this.#size.height;
  }

  /** The visible part, at most `most` pixels of it around the middle: x, y, width, height. */
  part(most) {
    const seen = this.#visible;
    const shrink = Math.min(1, Math.sqrt(most / (seen.width * seen.height)));
    const [width, height] = [seen.width, seen.height].map((side) => Math.ceil(side * shrink));
    const x = Math.floor(seen.x + (seen.width - width) / 2);
    const y = Math.floor(seen.y + (seen.height - height) / 2);
    return { x, y, width, height };
  }

  get pixels() {
    return this.#size.width * this.#size.height;
  }

  /** Draw before the next frame. */
  draw() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#paint();
      this.changed();
    });
  }

  get #least() {
    return Math.min(1, this.#canvas.width / this.#size.width / 4, 0.25);
  }

  get #visible() {
    const within = (place, side, room) => {
      const low = Math.max(0, Math.floor(-place / this.scale));
      const high = Math.min(side, Math.ceil((room - place) / this.scale));
      return [low, Math.max(1, high - low)];
    };
    const [x, width] = within(this.left, this.#size.width, this.#canvas.width);
    const [y, height] = within(this.top, this.#size.height, this.#canvas.height);
    return { x, y, width, height };
  }

  #moved() {
    const held = (place, side, room) =>
      Math.round(Math.min(room - LEAST_SHOWN, Math.max(LEAST_SHOWN - side * this.scale, place)));
    this.left = held(this.left, this.#size.width, this.#canvas.width);
    this.top = held(this.top, this.#size.height, this.#canvas.height);
    this.#fitted = false;
    this.draw();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = Math.max(1, Math.round(clientWidth * this.density));
    this.#canvas.height = Math.max(1, Math.round(clientHeight * this.density));
    if (this.#fitted) this.fit();
    else this.draw();
  }

  #paint() {
    const { width, height } = this.#canvas;
    const { before, after, overlay } = this.#layers;
    const middle = Math.round(this.split * width);
    this.#context.clearRect(0, 0, width, height);
    if (before) this.#ground();
    this.#part(before, 0, after ? middle : width);
    this.#part(after, middle, width);
    this.#part(overlay, middle, width, MAP);
  }

  /** Squares in two shades, which are seen through what is transparent. */
  #ground() {
    const context = this.#context;
    const sides = [this.#size.width * this.scale, this.#size.height * this.scale];
    context.fillStyle = this.#squares;
    context.fillRect(this.left, this.top, ...sides);
  }

  #part(layer, from, to, opacity = 1) {
    if (!layer || from >= to) return;
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, this.#canvas.height);
    context.clip();
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = this.scale < SMOOTH_BELOW && this.scale !== 1;
    context.imageSmoothingQuality = "high";
    const { x, y, width, height } = this.#visible;
    const scale = this.scale;
    context.drawImage(
      layer, x, y, width, height,
      this.left + x * scale, this.top + y * scale, width * scale, height * scale,
    );
    context.restore();
  }
}

function layerOf(image) {
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = [image.width, image.height];
  layer.getContext("2d").putImageData(image, 0, 0);
  return layer;
}

function squares(side = 8) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 2 * side;
  const context = tile.getContext("2d");
  context.fillStyle = "#ccc";
  context.fillRect(0, 0, 2 * side, 2 * side);
  context.fillStyle = "#eee";
  context.fillRect(0, 0, side, side);
  context.fillRect(side, side, side, side);
  return tile;
}

function copyOf(layer) {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [layer.width, layer.height];
  copy.getContext("2d").drawImage(layer, 0, 0);
  return copy;
}
