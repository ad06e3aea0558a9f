/** The demo page: opens .pel files that are picked or dropped. */

import "../src/img.ts";

import {
  type DecodeOptions,
  decode,
  info,
  type PelInfo,
  type Picture,
  toPng,
} from "../src/index.ts";

type Which = NonNullable<DecodeOptions["which"]>;

const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const input = find<HTMLInputElement>("file");
const which = find<HTMLSelectElement>("which");
const image = find<HTMLImageElement>("picture");
const save = find<HTMLAnchorElement>("save");
let current: File | undefined;
let control = new AbortController();

/** Show a file that was picked or dropped. */
function open(file: File): Promise<void> {
  current = file;
  which.replaceChildren(new Option("the picture", "picture"));
  return inPlaceOfOther(async (signal) => {
    const about = await info(file);
    signal.throwIfAborted();
    if (about.guide) which.add(new Option("its guide", "guide"));
    if (about.source) which.add(new Option("the source, before noise was taken off", "source"));
    await show(file, about, signal);
  });
}

/** Decode what is chosen of the file. */
async function show(file: File, about: PelInfo, signal: AbortSignal): Promise<void> {
  find("said").textContent = `Decoding ${file.name} …`;
  const start = performance.now();
  const picture = await decode(file, { which: which.value as Which, signal });
  const took = performance.now() - start;
  const png = await toPng(picture, endsOf(picture));
  signal.throwIfAborted();
  URL.revokeObjectURL(save.href);
  image.src = save.href = URL.createObjectURL(png);
  image.alt = file.name;
  save.download = `${file.name.replace(/\.pel$/i, "")}.png`;
  find("facts").replaceChildren(...factsOf(file, about, picture, took));
  find("opened").hidden = find("more").hidden = false;
  find("said").textContent = `${file.name} is shown.`;
}

/** Floats are shown from their lowest to their highest. */
function endsOf({ type, data }: Picture): { low?: number; high?: number } {
  if (type !== "float32") return type === "float16" ? { low: 0, high: 1 } : {};
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return low < high ? { low, high } : { low: 0, high: 1 };
}

function factsOf(file: File, about: PelInfo, picture: Picture, took: number): HTMLElement[] {
  const facts = {
    size: `${picture.width} × ${picture.height}`,
    samples: `${picture.channels} × ${picture.type}`,
    file: `${file.size.toLocaleString("en")} bytes`,
    quality: about.quality === undefined ? "exact layer" : String(about.quality),
    decoding: `${Math.round(took)} ms`,
  };
  return Object.entries(facts).map(([name, value]) => {
    const group = document.createElement("div");
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    [term.textContent, text.textContent] = [name, value];
    group.append(term, text);
    return group;
  });
}

/** End the work under way, do other, and say what goes wrong in it. */
async function inPlaceOfOther(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  control.abort();
  control = new AbortController();
  const { signal } = control;
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted) return;
    find("opened").hidden = find("more").hidden = true;
    find("said").textContent = (error as Error).message;
  }
}

input.addEventListener("change", () => {
  const [file] = input.files ?? [];
  if (file) void open(file);
});
which.addEventListener("change", () => {
  const file = current;
  if (file) void inPlaceOfOther(async (signal) => show(file, await info(file), signal));
});
for (const kind of ["dragover", "dragleave", "drop"] as const) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", kind === "dragover");
    const [file] = kind === "drop" ? (event.dataTransfer?.files ?? []) : [];
    if (file) void open(file);
  });
}
