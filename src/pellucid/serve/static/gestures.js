// Mouse, touch, wheel and keys on the stage: moving the picture, zooming, and the handle.

const STEP = 1.25; // of zooming by keys and buttons
const MOVE = 60; // page pixels that an arrow key moves the picture
const TURN = 0.0015; // of zooming by the wheel, for each pixel that it would scroll
const PINCH = 0.01; // the same for two fingers on a touchpad, which browsers tell as Ctrl and wheel

/** Lets a person move and zoom what a view shows. */
export function watchStage(stage, view) {
  const fingers = new Map(); // pointers that are down: id -> [x, y]

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, placeOf(event, stage));
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = placeOf(event, stage);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (!other) {
      view.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const [x, y] = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    view.zoom({ by: distance(now, other) / Math.max(1, distance(before, other)), x, y });
    view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    stage.addEventListener(kind, (event) => fingers.delete(event.pointerId));
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30;
    const [x, y] = placeOf(event, stage);
    const turn = event.ctrlKey ? PINCH : TURN;
    view.zoom({ by: Math.exp(-event.deltaY * lines * turn), x, y });
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    const [x, y] = placeOf(event, stage);
    if (view.whole) view.zoom({ to: 1, x, y });
    else view.fit();
  });
  stage.addEventListener("keydown", (event) => {
    if (event.target === stage) onKey(event, view);
  });
}

/** Lets a person move the handle between before and after; it says where it is. */
export function watchDivider(divider, stage, view) {
  let held = false;
  const move = (part) => {
    view.split = Math.min(1, Math.max(0, part));
    const percent = Math.round(100 * view.split);
    divider.style.left = `${100 * view.split}%`;
    divider.setAttribute("aria-valuenow", percent);
    divider.setAttribute("aria-valuetext", `${percent} % before, ${100 - percent} % after`);
    view.draw();
  };
  divider.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
    held = true;
  });
  divider.addEventListener("pointermove", (event) => {
    if (held) move(placeOf(event, stage)[0] / stage.clientWidth);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    divider.addEventListener(kind, () => { held = false; });
  }
  divider.addEventListener("dblclick", (event) => event.stopPropagation());
  divider.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const to = {
      ArrowLeft: view.split - step, ArrowDown: view.split - step,
      ArrowRight: view.split + step, ArrowUp: view.split + step,
      PageDown: view.split - 0.1, PageUp: view.split + 0.1, Home: 0, End: 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  move(view.split);
}

/** The buttons that zoom, and what says how much. */
export function watchZoom(buttons, view) {
  buttons.out.addEventListener("click", () => view.zoom({ by: 1 / STEP }));
  buttons.in.addEventListener("click", () => view.zoom({ by: STEP }));
  buttons.fit.addEventListener("click", () => view.fit());
  buttons.pixels.addEventListener("click", () => view.zoom({ to: 1 }));
  view.changed = () => {
    const percent = 100 * view.scale;
    buttons.said.value = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
  };
}

function onKey(event, view) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = {
    ArrowLeft: () => view.pan(MOVE, 0), ArrowRight: () => view.pan(-MOVE, 0),
    ArrowUp: () => view.pan(0, MOVE), ArrowDown: () => view.pan(0, -MOVE),
    "+": () => view.zoom({ by: STEP }), "=": () => view.zoom({ by: STEP }),
    "-": () => view.zoom({ by: 1 / STEP }), 0: () => view.fit(), 1: () => view.zoom({ to: 1 }),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function placeOf(event, stage) {
  const { left, top } = stage.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

function distance([x, y], [otherX, otherY]) {
  return Math.hypot(x - otherX, y - otherY);
}
