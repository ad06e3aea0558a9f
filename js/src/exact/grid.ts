/**
 * Whole numbers in rows and columns, with a margin that mirrors them about the first and the last.
 *
 * A mirrored row or column has the parity of the one it stands for, so that it is known in the same
 * passes; in a side of length 1 all are the one there is.
 */

export const MARGIN = 3; // samples around one that a pass looks at, each way

/** [rows, columns]; `data` holds the margin too, `stride` numbers a row. */
export class Grid {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly data: Int32Array;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.stride = columns + 2 * MARGIN;
    this.data = new Int32Array((rows + 2 * MARGIN) * this.stride);
  }

  /** Place in `data` of a number; of the margin, too. */
  at(row: number, column: number): number {
    return (row + MARGIN) * this.stride + column + MARGIN;
  }

  /** Fill the margin. */
  mirror(): void {
    const { rows, columns, data, stride } = this;
    for (let step = 1; step <= MARGIN; step++) {
      const left = mirrored(-step, columns);
      const right = mirrored(columns - 1 + step, columns);
      for (let row = 0, at = this.at(0, 0); row < rows; row++, at += stride) {
        data[at - step] = data[at + left]!;
        data[at + columns - 1 + step] = data[at + right]!;
      }
    }
    for (let step = 1; step <= MARGIN; step++) {
      this.copyRow(mirrored(-step, rows), -step);
      this.copyRow(mirrored(rows - 1 + step, rows), rows - 1 + step);
    }
  }

  /** Every `step`-th row and column, mirrored. */
  every(step: number): Grid {
    if (step === 1) return this;
    const out = new Grid(Math.ceil(this.rows / step), Math.ceil(this.columns / step));
    for (let row = 0; row < out.rows; row++) {
      let from = this.at(row * step, 0);
      const start = out.at(row, 0);
      for (let to = start; to < start + out.columns; to++, from += step) {
        out.data[to] = this.data[from]!;
      }
    }
    out.mirror();
    return out;
  }

  /**
   * These numbers at even rows and columns of a grid twice as fine.
   *
   * @param repeated whether they stand at the odd ones behind them, too; else 0 does
   */
  finer(rows: number, columns: number, repeated: boolean): Grid {
    const out = new Grid(rows, columns);
    for (let row = 0; row < rows; row += repeated ? 1 : 2) {
      const from = this.at(row >> 1, 0);
      const to = out.at(row, 0);
      for (let column = 0; column < columns; column += repeated ? 1 : 2) {
        out.data[to + column] = this.data[from + (column >> 1)]!;
      }
    }
    return out;
  }

  private copyRow(from: number, to: number): void {
    const start = this.at(from, -MARGIN);
    this.data.copyWithin(this.at(to, -MARGIN), start, start + this.stride);
  }
}

function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = Math.abs(place) % period;
  return Math.min(folded, period - folded);
}
