// Begins here: puts the parts together, and fetches pictures that a command hands to the page.

import { blob, json } from "./api.js";
import { watchDivider, watchStage, watchZoom } from "./gestures.js";
import { watchIntake } from "./intake.js";
import { settled } from "./latest.js";
import { Page } from "./page.js";
import { saveAll, saveOne } from "./save.js";
import { Session } from "./session.js";

const SETTLED_MS = 50; // a handle that is dragged asks for no more than a person can see

const find = (id) => document.getElementById(id);
const change = settled(() => session.change(), SETTLED_MS);
const page = new Page({
  changed: change,
  chosen: (picture) => session.choose(picture),
  removed: (picture) => session.remove(picture),
});
const session = new Session(page);

watchStage(page.stage, page.view);
watchDivider(find("divider"), page.stage, page.view);
watchZoom({
  in: find("zoom-in"), out: find("zoom-out"), fit: find("zoom-fit"), pixels: find("zoom-pixels"),
  said: find("zoom"),
}, page.view);
watchIntake(
  { input: find("files"), buttons: [find("choose"), find("choose-first")] },
  (files) => session.add(files),
);

for (const choice of document.querySelectorAll("[name=right]")) {
  choice.addEventListener("change", () => session.showSide());
}
for (const choice of document.querySelectorAll("[name=overlay]")) {
  choice.addEventListener("change", () => session.showMap());
}
for (const button of document.querySelectorAll("[data-kind]")) {
  button.addEventListener("click", () => busy(button, (told) =>
    saveOne(session.current, button.dataset.kind, session.options(session.current), told)));
}
find("zip").addEventListener("click", () => busy(find("zip"), (told) => saveAll(
  session.pictures.filter(({ problem }) => !problem),
  find("zip-kind").value,
  (picture) => session.options(picture),
  told,
)));

/** Do what a button stands for, once at a time; what goes wrong is said. */
async function busy(button, action) {
  const words = button.textContent;
  button.disabled = true;
  try {
    await action((done) => { button.textContent = `${words} (${done})`; });
    page.messages.clear("save");
  } catch (error) {
    page.messages.say("save", error.message);
  } finally {
    button.disabled = false;
    button.textContent = words;
    if (document.activeElement === document.body) button.focus();
  }
}

async function begin() {
  await page.controls.load();
  const handed = await json("handed", { method: "GET" });
  const files = handed.map(async ({ id, name }) =>
    new File([await blob(`handed/${id}`, { method: "GET" })], name));
  session.add(await Promise.all(files));
}

begin().catch((error) => page.messages.say("page", error.message));
