// How pictures come in: chosen, dropped anywhere on the page, or pasted.

/**
 * @param {{input: HTMLInputElement, buttons: HTMLElement[]}} choosing
 * @param {(files: File[]) => void} take
 */
export function watchIntake({ input, buttons }, take) {
  for (const button of buttons) button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });

  let inside = 0; // elements of the page that something is dragged over
  const mark = (change) => {
    inside = Math.max(0, inside + change);
    document.body.classList.toggle("dropping", inside > 0);
  };
  document.addEventListener("dragenter", (event) => {
    if (hasFiles(event)) mark(1);
  });
  document.addEventListener("dragleave", (event) => {
    if (hasFiles(event)) mark(-1);
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    mark(-Infinity);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
