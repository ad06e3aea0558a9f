/** The runtime in the build for GPUs. */

export * as ort from "onnxruntime-web/webgpu";

/** Whether it has a GPU. */
export const GPU = true;
