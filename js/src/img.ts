/**
 * Shows .pel pictures in `<img>`: a page that loads this module has
 *
 *     <img data-pel="photo.pel" alt="A cat" width="600" height="400" loading="lazy">
 *
 * filled in, and again when `data-pel` changes. `<img data-pel src="photo.pel">` works too, but
 * then the browser first fetches what it can't show, and says so by an `error` without `detail`.
 * The element stays what it is, so alternative text, size, style and `load` are as of any picture;
 * where decoding fails it gets `error`, its `detail` the reason, and shows its text. Those with
 * `loading="lazy"` wait until they are near the window.
 */

import { InputError } from "./errors.ts";
import { decode } from "./index.ts";
import { toPng } from "./png.ts";

const SELECTOR = "img[data-pel]";
const NEAR = "200px"; // from the window

/** What is being done for an element, until its address changes. */
interface Turn {
  readonly address: string;
  readonly control: AbortController;
}

const turns = new WeakMap<Element, Turn>();
const waiting = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      waiting.unobserve(target);
      void show(target as HTMLImageElement);
    }
  },
  { rootMargin: NEAR },
);

/** Fill in the pictures that are marked in a part of the page, now and whenever it changes. */
export function fillIn(root: Document | Element = document): void {
  for (const image of root.querySelectorAll<HTMLImageElement>(SELECTOR)) take(image);
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      for (const node of type === "attributes" ? [target] : addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(SELECTOR)) take(node as HTMLImageElement);
        else drop(node);
        if (type === "attributes") continue;
        for (const image of node.querySelectorAll<HTMLImageElement>(SELECTOR)) take(image);
      }
    }
  });
  observer.observe(root, { childList: true, subtree: true, attributeFilter: ["data-pel"] });
}

function take(image: HTMLImageElement): void {
  const address = image.dataset.pel || image.getAttribute("src") || "";
  if (turns.get(image)?.address === address) return;
  drop(image);
  turns.set(image, { address, control: new AbortController() });
  image.dataset.pel = address; // also where it was in src, which a copy of the element has no more
  image.dataset.pelState = "waiting";
  if (image.loading === "lazy") waiting.observe(image);
  else void show(image);
}

/** End what is being done for an element. */
function drop(element: Element): void {
  turns.get(element)?.control.abort();
  turns.delete(element);
  waiting.unobserve(element);
}

/** Decode the picture of an element and put it there. */
async function show(image: HTMLImageElement): Promise<void> {
  const { address, control } = turns.get(image)!;
  const { signal } = control;
  let url = "";
  try {
    const png = await toPng(await decode(addressOf(address), { signal }));
    url = URL.createObjectURL(png);
    const ahead = new Image(); // Firefox refuses `decode` of an element whose last picture was none
    ahead.src = url;
    await ahead.decode();
    signal.throwIfAborted();
    image.src = url;
    await image.decode();
    signal.throwIfAborted();
    image.dataset.pelState = "shown";
  } catch (error) {
    if (signal.aborted) return; // by another address
    image.dataset.pelState = "failed";
    image.dispatchEvent(new CustomEvent("error", { detail: error }));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function addressOf(address: string): URL {
  if (URL.canParse(address, document.baseURI)) return new URL(address, document.baseURI);
  throw new InputError(`data-pel is ${address}; it must be an address`);
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => fillIn());
else fillIn();
