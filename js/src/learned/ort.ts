/** The runtime, by default. */

export * as ort from "onnxruntime-web/wasm";

/** Whether it has a GPU. */
export const GPU = false;
