/**
 * What is thrown on purpose: the classes of `pellucid.errors` that a decoder needs, by the same
 * names.
 *
 *     PellucidError
 *     ├── InputError              the bytes can't be had
 *     ├── LimitError              a size above the limits, which can be raised
 *     ├── OptionError             an option outside its range
 *     ├── ModelError              a model's files can't be loaded or read
 *     └── FormatError             a .pel file that can't be decoded
 *         ├── NotPelFileError     the bytes are something else
 *         ├── VersionError        written for a newer version
 *         ├── UnsupportedError    a valid file that uses what this version doesn't know
 *         ├── UnknownModelError   the file names a model that isn't there
 *         └── DamagedFileError    truncated, checksum mismatch, contradictory sizes
 *
 * Each message gives the cause, the wrong value and the way out. `name` is the class's, also where
 * a minifier has renamed it and after a worker has passed it on (`reviveError`).
 */

/** Base of everything thrown on purpose. */
export class PellucidError extends Error {
  override name = "PellucidError";
}

/** The bytes can't be had: no answer, or another than the file. */
export class InputError extends PellucidError {
  override name = "InputError";
}

/** A size of the picture, or in the file, is above the limits, which can be raised. */
export class LimitError extends PellucidError {
  override name = "LimitError";
}

/** An option has a value outside its range. */
export class OptionError extends PellucidError {
  override name = "OptionError";
}

/** The files of a model can't be loaded, or aren't what they should be. */
export class ModelError extends PellucidError {
  override name = "ModelError";
}

/** The bytes can't be decoded as a .pel file. */
export class FormatError extends PellucidError {
  override name = "FormatError";
}

/** The bytes are not a .pel file at all. */
export class NotPelFileError extends FormatError {
  override name = "NotPelFileError";
}

/** The file needs a newer version. */
export class VersionError extends FormatError {
  override name = "VersionError";
}

/** The file is valid but uses a feature that this version doesn't decode. */
export class UnsupportedError extends FormatError {
  override name = "UnsupportedError";
}

/** The model that the file names isn't there. */
export class UnknownModelError extends FormatError {
  override name = "UnknownModelError";
}

/** The file is truncated, fails a checksum or contradicts itself. */
export class DamagedFileError extends FormatError {
  override name = "DamagedFileError";
}

const CLASSES = [
  PellucidError,
  InputError,
  LimitError,
  OptionError,
  ModelError,
  FormatError,
  NotPelFileError,
  VersionError,
  UnsupportedError,
  UnknownModelError,
  DamagedFileError,
];

/** The error of a name and message that came from a worker: of its class if it has one here. */
export function reviveError(name: string, message: string): Error {
  for (const Class of CLASSES) {
    const error = new Class(message);
    if (error.name === name) return error;
  }
  if (name === "AbortError") return new DOMException(message, name);
  const error = new Error(message);
  error.name = name;
  return error;
}
