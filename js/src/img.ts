/**
 * Shows .pel pictures in `<img>`: a page that loads this module has
 *
 *     <img data-pel="photo.pel" alt="A cat" width="600" height="400" loading="lazy">
 *
 * filled in. `<img data-pel src="photo.pel">` works too, but then the browser first fetches what it
 * can't show, and says so by an `error` without `detail`. The element stays what it is, so
 * alternative text, size, style and `load` are as of any picture; where decoding fails it gets
 * `error`, its `detail` the reason, and shows its text. Those with `loading="lazy"` wait until they
 * are near the window.
 */

import { decode } from "./index.ts";
import { toPng } from "./png.ts";

const SELECTOR = "img[data-pel]";
const NEAR = "200px"; // from the window

const begun = new WeakSet<HTMLImageElement>();
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

/** Fill in the pictures that are marked in a part of the page, and those that are added later. */
export function fillIn(root: Document | Element = document): void {
  for (const image of root.querySelectorAll<HTMLImageElement>(SELECTOR)) take(image);
  const added = new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (!(node instanceof Element)) continue;
      if (node.matches(SELECTOR)) take(node as HTMLImageElement);
      for (const image of node.querySelectorAll<HTMLImageElement>(SELECTOR)) take(image);
    }
  });
  added.observe(root, { childList: true, subtree: true });
}

function take(image: HTMLImageElement): void {
  if (begun.has(image)) return;
  begun.add(image);
  image.dataset.pelState = "waiting";
  if (image.loading === "lazy") waiting.observe(image);
  else void show(image);
}

/** Decode the picture of an element and put it there. */
async function show(image: HTMLImageElement): Promise<void> {
  const source = new URL(image.dataset.pel || image.getAttribute("src") || "", document.baseURI);
  try {
    const url = URL.createObjectURL(await toPng(await decode(source)));
    image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    image.dataset.pelState = "shown";
    image.src = url;
  } catch (error) {
    image.dataset.pelState = "failed";
    image.dispatchEvent(new CustomEvent("error", { detail: error }));
  }
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => fillIn());
else fillIn();
