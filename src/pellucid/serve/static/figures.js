// Figures as people read them: the table beside the picture, and one line for those who hear it.

export const PEERS = { webp: "WebP", avif: "AVIF" };

const whole = new Intl.NumberFormat("en");
const rate = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Bytes with separators. */
export const bytes = (count) => whole.format(count);

/** What a picture is, in a line, and what a person should know of it. */
export function described({ width, height, kind, dtype, ends, remarks }) {
  const bits = { uint8: "8 bits", uint16: "16 bits", int16: "16 bits with sign" }[dtype] ?? dtype;
  const stretched = ends ? `, shown from ${short(ends[0])} to ${short(ends[1])}` : "";
  return [`${width} × ${height}, ${kind}, ${bits}${stretched}`, ...remarks].join("; ");
}

/** One row of the table: bytes, bits per pixel, dB, or why there are none. */
export function fillRow(row, figures, note = "") {
  const cells = row.querySelectorAll("td");
  const psnr = figures?.psnr;
  const texts = [
    figures?.bytes == null ? note : bytes(figures.bytes),
    figures?.bpp == null ? "" : rate.format(figures.bpp),
    psnr == null ? "" : psnr === "same" ? "same" : tenth.format(psnr),
  ];
  cells.forEach((cell, index) => { cell.textContent = texts[index]; });
  const choice = row.querySelector("input");
  if (choice && choice.value in PEERS) choice.disabled = figures?.bytes == null;
}

/** What came out, in a line below the table. */
export function said(figures) {
  const parts = [];
  if (figures.quality != null) parts.push(`Quality ${figures.quality}`);
  if (figures.max_error === 0) parts.push("Lossless");
  else if (figures.max_error != null) parts.push(`Each sample within ${short(figures.max_error)}`);
  if (figures.model) parts.push(`model ${figures.model}`);
  if (figures.sigma != null) parts.push(`noise of sigma ${short(figures.sigma)}`);
  if (figures.seconds != null) parts.push(`${rate.format(figures.seconds)} s`);
  return parts.join(", ");
}

/** The same for one who doesn't see the table. */
export function spoken(figures) {
  const parts = [];
  if (figures.bytes != null) {
    parts.push(`${bytes(figures.bytes)} bytes, ${rate.format(figures.bpp)} bits per pixel`);
  }
  const only = figures.bytes == null; // denoised
  if (figures.psnr === "same") parts.push(only ? "no noise to take off" : "the same samples");
  else if (figures.psnr != null) parts.push(`${tenth.format(figures.psnr)} dB`);
  return parts.join(", ") || "done";
}

/** A number in three digits, or whole. */
export function short(number) {
  return Number.isInteger(number) || Math.abs(number) >= 1000
    ? whole.format(Math.round(number))
    : String(Number(number.toPrecision(3)));
}
