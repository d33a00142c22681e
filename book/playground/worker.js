// Loads the networks and draws, away from the page: the page never freezes.
// Messages in: {id, kind, ...}; out: {id, result} or {id, problem}, and {progress} while it loads.

import { toldInColours } from "./names.js";
import { noise } from "./noise.js";
import { plain } from "./plain.js";
import { Tokenizer } from "./tokenizer.js";
import * as runtime from "./vendor/ort.wasm.bundle.min.mjs";

const SIZES = { 1: 64, 2: 256 };
const REMEMBERED = 64; // sentences
const MODELS = new URL("./models/", import.meta.url);

const once = (make) => {
  const made = new Map();
  return (...names) => {
    const key = names.join("/");
    if (!made.has(key)) made.set(key, make(...names));
    return made.get(key);
  };
};

/** A problem that a person can understand, with what to do. */
class Problem extends Error {}

async function download(name) {
  let response;
  try {
    response = await fetch(new URL(name, MODELS));
  } catch {
    throw new Problem("A file could not be fetched: check your connection, then reload the page.");
  }
  if (!response.ok) {
    throw new Problem(`The file ${name} is missing on the server: reload the page, or tell its owner.`);
  }
  return response;
}

/** The content of a compressed file; the page hears how many bytes have come. */
async function unpacked(name) {
  const response = await download(name);
  const counted = new TransformStream({
    transform(chunk, controller) {
      postMessage({ progress: chunk.byteLength });
      controller.enqueue(chunk);
    },
  });
  const plainStream = response.body.pipeThrough(counted).pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plainStream).arrayBuffer());
}

const index = once(async () => (await download("index.json")).json());

const started = once(async () => {
  runtime.env.wasm.numThreads = 1; // more need headers that free hosts do not send
  runtime.env.wasm.wasmBinary = (await unpacked("runtime.bin")).buffer;
  runtime.env.logLevel = "error";
});

const session = once(async (name) => {
  const [bytes] = await Promise.all([unpacked(`${name}.bin`), started()]);
  return runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
});

async function run(name, inputs) {
  const network = await session(name);
  const tensors = Object.entries(inputs).map(([key, { data, dims }]) =>
    [key, new runtime.Tensor("float32", data, dims)]);
  const outputs = await network.run(Object.fromEntries(tensors));
  return outputs[network.outputNames[0]];
}

// Sentences.

const encoder = once(async () => {
  const about = await (await download("encoder.json")).json();
  const [model, table] = await Promise.all([
    unpacked("sentencepiece.bin"), unpacked("pieces.bin"), session("encoder"),
  ]);
  return { about, table, tokenizer: new Tokenizer(model, about) };
});

/** The vector of a piece, as t2i_utils/export/encoder.py packs it. */
function putPiece({ about, table }, id, vector) {
  const { width, rows, commonRows, scale, low, rareScale } = about;
  const block = id % scale.length;
  const row = Math.floor(id / scale.length);
  if (row < commonRows) {
    const at = (block * commonRows + row) * width;
    for (let i = 0; i < width; i++) vector[i] = low[block] + scale[block] * table[at + i];
    return;
  }
  const head = scale.length * commonRows * width;
  const at = head + ((block * (rows - commonRows) + row - commonRows) * width) / 2;
  // The level that stands for 0 is a whole number: what is left of `low` stays.
  const rest = low[block] + scale[block] * Math.round(-low[block] / scale[block]);
  for (let i = 0; i < width / 2; i++) {
    vector[2 * i] = rest + rareScale[block] * ((table[at + i] & 15) - 8);
    vector[2 * i + 1] = rest + rareScale[block] * ((table[at + i] >> 4) - 8);
  }
}

const sentences = new Map();

async function sentence(caption) {
  const text = plain(caption);
  const { examples } = await index();
  if (examples[text]) {
    const bytes = Uint8Array.from(atob(examples[text]), (letter) => letter.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }
  if (!sentences.has(text)) {
    const { about, table, tokenizer } = await encoder();
    const ids = tokenizer.encode(text);
    const data = new Float32Array(ids.length * about.width);
    ids.forEach((id, i) => {
      putPiece({ about, table }, id, data.subarray(i * about.width, (i + 1) * about.width));
    });
    const found = await run("encoder", { pieces: { data, dims: [ids.length, about.width] } });
    sentences.set(text, Float32Array.from(found.data));
    if (sentences.size > REMEMBERED) sentences.delete(sentences.keys().next().value);
  }
  return sentences.get(text);
}

// Pictures.

/** A walk along the sphere, as t2i_utils/drawing/walks.py has it. */
function between(start, end, amount) {
  if (amount === 0 || amount === 1) return amount ? end : start;
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const lengths = [Math.sqrt(dot(start, start)), Math.sqrt(dot(end, end))];
  const cosine = dot(start, end) / (lengths[0] * lengths[1]);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (!(Math.sin(angle) >= 1e-6)) return start.map((value, i) => (1 - amount) * value + amount * end[i]);
  const first = Math.sin((1 - amount) * angle) / lengths[0];
  const second = Math.sin(amount * angle) / lengths[1];
  const length = ((1 - amount) * lengths[0] + amount * lengths[1]) / Math.sin(angle);
  return start.map((value, i) => (first * value + second * end[i]) * length);
}

function joined(rows) {
  const data = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => data.set(row, i * row.length));
  return { data, dims: [rows.length, rows[0].length] };
}

/** Pictures (n, size, size, 3) in [-1, 1] as n arrays of red, green, blue and opacity. */
function toPixels(images, count, size) {
  const area = size * size;
  return Array.from({ length: count }, (_, picture) => {
    const pixels = new Uint8ClampedArray(4 * area).fill(255);
    for (let i = 0; i < area; i++) {
      for (let colour = 0; colour < 3; colour++) {
        const value = images[3 * (picture * area + i) + colour];
        pixels[4 * i + colour] = (Math.min(1, Math.max(-1, value)) + 1) * 127.5; // rounded by its kind
      }
    }
    return pixels;
  });
}

const actions = {
  /** Load what the first picture needs. */
  async start({ weights }) {
    await Promise.all([session(`${weights}/whitening`), session(`${weights}/stage1`)]);
  },

  /** Load all the rest; from then on nothing is fetched. */
  async loadAll() {
    const { sets } = await index();
    const stages = (name) => [`${name}/whitening`, `${name}/stage1`, `${name}/stage2`];
    for (const name of Object.keys(sets)) {
      await Promise.all(stages(name).map((file) => session(file)));
      await encoder();
    }
  },

  async encode({ captions }) {
    return Promise.all(captions.map(sentence));
  },

  /** Which captions hold no word that the encoder knows. */
  async unknown({ captions }) {
    const { tokenizer } = await encoder();
    return captions.filter((caption) => tokenizer.knowsNothingOf(plain(caption)));
  },

  /** What is drawn of captions: as they are, or with names of birds told in colours. */
  async told({ weights, captions }) {
    const { sets, names } = await index();
    if (!sets[weights].namesInColours) return captions;
    return captions.map((caption) => {
      const told = toldInColours(caption, names);
      return told === plain(caption) ? caption : told;
    });
  },

  /** Draw requests {caption, toCaption, amount, seed}; `sentences` may give their vectors. */
  async draw({ weights, stage, requests, given }) {
    const { sets } = await index();
    const size = SIZES[stage];
    const rows = [];
    for (const [i, request] of requests.entries()) {
      const captions = [request.caption, request.toCaption].filter(Boolean);
      const told = await actions.told({ weights, captions });
      const ends = [given?.[i] ?? await sentence(told[0])];
      if (request.toCaption) ends.push(await sentence(told[1]));
      const whitened = await run(`${weights}/whitening`, { sentence: joined(ends) });
      const width = whitened.dims[1];
      const start = Float32Array.from(whitened.data.subarray(0, width));
      rows.push(request.toCaption
        ? between(start, Float32Array.from(whitened.data.subarray(width)), request.amount)
        : start);
    }
    const embedding = joined(rows);
    const noises = joined(requests.map(({ seed }) => noise(seed, 0, sets[weights].noiseSize)));
    let images = await run(`${weights}/stage1`, { embedding, noise: noises });
    if (stage === 2) {
      const small = { data: images.data, dims: images.dims };
      images = await run(`${weights}/stage2`, { embedding, stage1_images: small });
    }
    return toPixels(images.data, requests.length, size);
  },
};

/** One sentence for a person, whatever went wrong. */
function sentenceOf(error) {
  if (error instanceof Problem) return error.message;
  if (error instanceof RangeError || /memory|alloc|wasm|backend/i.test(String(error))) {
    return "This browser did not give the memory that the drawing needs (about 400 MB): "
      + "close other pages, then reload this one.";
  }
  return `The drawing failed (${error?.message ?? error}): reload the page to try again.`;
}

onmessage = async ({ data: { id, kind, ...rest } }) => {
  try {
    postMessage({ id, result: await actions[kind](rest) });
  } catch (error) {
    console.warn(error);
    postMessage({ id, problem: sentenceOf(error) });
  }
};
