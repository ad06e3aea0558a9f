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
  button.addEventListener("click", () => {
    const picture = session.current;
    const options = session.options()(picture);
    busy(button, picture.name, () => saveOne(picture, button.dataset.kind, options));
  });
}
find("zip").addEventListener("click", () => {
  const [pictures, options] = [[...session.pictures], session.options()];
  busy(find("zip"), "", (told) => saveAll(pictures, find("zip-kind").value, options, told));
});

/** Do what a button stands for, once at a time; what goes wrong is said. */
async function busy(button, name, action) {
  if (button.ariaBusy === "true") return;
  const words = button.textContent;
  button.ariaBusy = "true";
  await page.messages.watch({ key: "save", name }, () =>
    action((done) => { button.textContent = `${words} (${done})`; }));
  button.ariaBusy = "false";
  button.textContent = words;
}

async function begin() {
  session.kept = (await page.controls.load()).kept;
  const handed = await json("handed", { method: "GET" });
  const files = [];
  await Promise.all(handed.map(({ id, name }, index) =>
    page.messages.watch({ key: id, name }, async () => {
      files[index] = new File([await blob(`handed/${id}`, { method: "GET" })], name);
    })));
  session.add(files.filter(Boolean));
}

page.messages.watch({ key: "page" }, begin);
