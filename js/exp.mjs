import * as ort from "onnxruntime-web/wasm";
import { readFileSync } from "node:fs";
ort.env.wasm.numThreads = Number(process.argv[2] ?? 1);
let t0=performance.now();
const M="../src/pellucid/models/";
for (const [m,Mc,C,F] of [["s",256,96,64],["m",320,128,96]]) {
  t0=performance.now();
  const s = await ort.InferenceSession.create(readFileSync(M+m+"/synthesis.onnx"), {graphOptimizationLevel: "all"});
  console.log(m,"load",performance.now()-t0);
  for (const [h,w] of [[32,64],[38,70]]) {
    const y = new ort.Tensor("float32", Float32Array.from({length:Mc*h*w},()=>Math.random()*4-2),[1,Mc,h,w]);
    const sc = new ort.Tensor("float32", new Float32Array(C).fill(1),[1,C,1,1]);
    for (let i=0;i<5;i++){ t0=performance.now(); const r=await s.run({y,scale:sc},["blocks"]); r.blocks.dispose?.(); const dt=performance.now()-t0; console.log("synth",m,h,w,dt.toFixed(0),"ms", (h*w*256/dt/1e3).toFixed(2),"MP/s"); }
  }
  for (const [n,inp] of [["hyper_decoder",{z:[m=="s"?48:64,8,8]}],["spatial_prior",{seen:[Mc,32,32],features:[F,32,32]}]]) {
    t0=performance.now();
    const s = await ort.InferenceSession.create(readFileSync(M+m+"/"+n+".onnx"));
    console.log(n,"load",performance.now()-t0);
    const f={}; for (const k in inp) f[k]=new ort.Tensor("float32", Float32Array.from({length:inp[k].reduce((a,b)=>a*b)},()=>Math.floor(Math.random()*40)),[1,...inp[k]]);
    for (let i=0;i<4;i++){ t0=performance.now(); await s.run(f); console.log(n,m,(performance.now()-t0).toFixed(1),"ms/tile of 512"); }
  }
}
