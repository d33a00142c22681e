// What a person sees and touches. The work is done in worker.js; here the newest wish wins.

import { captionOf, choicesOf } from "./captions.js";
import { checked } from "./plain.js";
import { withTexts } from "./png.js";

const OPEN = "any"; // a slider that says nothing
const STEPS = 7; // of the strip
const PAUSE = 160; // milliseconds without a change, until the large picture is drawn
const SIZES = { 1: 64, 2: 256 };
const SEEDS = 10_000; // of which "another bird" takes one: short numbers can be told to a friend

const find = (id) => document.getElementById(id);
const caption = find("caption");
const seed = find("seed");
const weights = find("weights");
const toCaption = find("to-caption");
const amount = find("amount");
const status = find("status");
const picture = find("picture");

let index; // models/index.json
let shown; // the request that the picture shows, with its stage

// The worker.

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
let asked = 0;
let arrived = 0;

function ask(kind, rest = {}) {
  const id = ++asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, kind, ...rest });
  });
}
worker.onmessage = ({ data }) => {
  if (data.progress) {
    arrived += data.progress;
    showProgress();
    return;
  }
  const { resolve, reject } = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.problem) reject(new Error(data.problem));
  else resolve(data.result);
};
worker.onerror = (event) => {
  event.preventDefault();
  say("This browser is too old for the playground: use a current Chrome, Edge, Firefox or Safari.", true);
};

// Telling.

function say(text, isProblem = false) {
  status.textContent = text;
  status.classList.toggle("problem", isProblem);
}

function showProgress() {
  const share = index ? Math.min(1, arrived / index.bytes) : 0;
  find("loading").firstElementChild.style.width = `${100 * share}%`;
}

// Drawing.

function request() {
  const to = toCaption.value.trim();
  return {
    caption: checked(caption.value),
    toCaption: to ? checked(to) : null,
    amount: to ? amount.value / 100 : 0,
    seed: checkedSeed(),
  };
}

function checkedSeed() {
  const value = Number(seed.value);
  if (seed.value === "" || !Number.isInteger(value) || value < 0 || value > 2 ** 32 - 1) {
    throw new Error("The noise is a whole number from 0 to 4294967295.");
  }
  return value;
}

function put(canvas, pixels, size) {
  canvas.width = canvas.height = size;
  canvas.getContext("2d").putImageData(new ImageData(pixels, size, size), 0, 0);
}

let busy = false;
let wish = null; // the newest {stage, strip}, where one came while another was drawn
let pause;

/** Draw at once in 64 pixels, and in 256 when nothing has changed for a moment. */
function change({ strip = true } = {}) {
  clearTimeout(pause);
  draw({ stage: 1, strip });
  pause = setTimeout(() => draw({ stage: 2 }), PAUSE);
}

async function draw(wanted) {
  if (busy) {
    wish = { ...wanted, strip: wanted.strip || wish?.strip };
    return;
  }
  busy = true;
  document.body.dataset.drawing = "true";
  try {
    const one = request();
    const { stage } = wanted;
    const started = performance.now();
    const [pixels] = await ask("draw", { weights: weights.value, stage, requests: [one] });
    put(picture, pixels, SIZES[stage]);
    shown = { ...one, weights: weights.value, stage };
    picture.setAttribute("aria-label", `A drawn picture of: ${wordsOf(one)}`);
    const took = Math.round(performance.now() - started);
    say(`${SIZES[stage]} × ${SIZES[stage]} pixels, drawn here in ${took} ms`);
    if (wanted.strip) await drawStrip(one);
    if (stage === 2) {
      writeAddress();
      await note(one);
    }
  } catch (error) {
    say(error.message, true);
  } finally {
    busy = false;
    const next = wish;
    wish = null;
    if (next) draw(next);
    else document.body.dataset.drawing = "false";
  }
}

function wordsOf({ caption, toCaption, amount }) {
  return toCaption && amount ? `${caption}; ${Math.round(100 * amount)} % of the way to ${toCaption}` : caption;
}

let encoderIsHere = false;

async function note({ caption, toCaption }) {
  if (!encoderIsHere) return;
  const captions = [caption, toCaption].filter(Boolean);
  const unknown = await ask("unknown", { captions });
  if (unknown.length) {
    say(`No word of “${unknown[0]}” is known: the picture does not depend on it.`, true);
    return;
  }
  const told = await ask("told", { weights: weights.value, captions });
  const place = captions.findIndex((one, i) => told[i] !== one);
  if (place < 0) return;
  say(`“${captions[place]}” is drawn as “${told[place]}”: these networks know colours and parts, and hardly a bird’s name.`);
}

async function drawStrip(one) {
  const strip = find("strip");
  if (!one.toCaption) {
    strip.replaceChildren();
    return;
  }
  const amounts = Array.from({ length: STEPS }, (_, i) => i / (STEPS - 1));
  const requests = amounts.map((amount) => ({ ...one, amount }));
  const pictures = await ask("draw", { weights: weights.value, stage: 1, requests });
  strip.replaceChildren(...pictures.map((pixels, i) => {
    const button = document.createElement("button");
    const canvas = document.createElement("canvas");
    const share = Math.round(100 * amounts[i]);
    put(canvas, pixels, 64);
    button.type = "button";
    button.setAttribute("aria-label", `Blend ${share} %`);
    button.append(canvas);
    button.onclick = () => {
      amount.value = share;
      showAmount();
      change({ strip: false });
    };
    return button;
  }));
}

// The address: it says which bird this is, so that a link shows the same one.

const FIELDS = { caption, seed, weights, to: toCaption, blend: amount };

function writeAddress() {
  const said = Object.entries(FIELDS).map(([name, field]) => [name, field.value.trim()]);
  const words = said.filter(([name, value]) => value && (name !== "blend" || toCaption.value.trim()));
  history.replaceState(null, "", `#${new URLSearchParams(words)}`);
}

function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const [name, field] of Object.entries(FIELDS)) {
    if (said.has(name)) field.value = said.get(name);
  }
  if (!index.sets[weights.value]) weights.value = Object.keys(index.sets)[0];
}

function showFields() {
  offerExamples();
  moveControls();
  showAmount();
}

// Sliders.

const controls = new Map(); // name -> {slider, output, options}

function addControl(name, values) {
  const options = [OPEN, ...values];
  const line = document.createElement("div");
  const label = document.createElement("label");
  const slider = document.createElement("input");
  const output = document.createElement("output");
  line.className = "control";
  slider.type = "range";
  slider.id = `control-${name.replace(" ", "-")}`;
  slider.min = 0;
  slider.max = options.length - 1;
  label.htmlFor = slider.id;
  output.htmlFor = slider.id;
  label.textContent = name === "wing" ? "wings" : name;
  const { palette } = index.grammar;
  if (values.every((value) => palette[value])) {
    const share = (i) => `${(100 * (i + 0.5)) / (options.length - 1)}%`;
    const stops = options.map((value, i) =>
      `${palette[value] ?? "transparent"} ${i ? share(i - 1) : "0%"} ${share(i)}`);
    slider.style.setProperty("--track", `linear-gradient(to right, ${stops.join(", ")}), var(--card)`);
  }
  slider.oninput = () => {
    showControl(name);
    const chosen = [...controls].map(([key, { slider, options }]) => [key, options[slider.value]]);
    caption.value = captionOf(Object.fromEntries(chosen.filter(([, value]) => value !== OPEN)), index.grammar);
    change();
  };
  line.append(label, slider, output);
  find("controls").append(line);
  controls.set(name, { slider, output, options });
}

function showControl(name) {
  const { slider, output, options } = controls.get(name);
  const value = options[slider.value];
  output.textContent = value;
  slider.setAttribute("aria-valuetext", value);
  slider.style.setProperty("--thumb", index.grammar.palette[value] ?? (value === OPEN ? "#fff" : "var(--accent)"));
}

function moveControls() {
  const said = choicesOf(caption.value, index.grammar);
  for (const [name, { slider, options }] of controls) {
    slider.value = Math.max(0, options.indexOf(said[name]));
    showControl(name);
  }
}

function showAmount() {
  amount.disabled = !toCaption.value.trim();
  find("amount-out").textContent = `${amount.value} %`;
  amount.setAttribute("aria-valuetext", `${amount.value} %`);
}

function offerExamples() {
  find("examples").replaceChildren(...index.sets[weights.value].examples.map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.onclick = () => {
      caption.value = text;
      moveControls();
      change();
    };
    return button;
  }));
}

// Saving.

/** The picture as a PNG with its caption under it, and a note that `t2i generate --like` reads. */
async function savedPicture() {
  const { stage, caption, toCaption, amount, seed, weights } = shown;
  const side = 512;
  const margin = 24;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const font = `20px system-ui, "DejaVu Sans", sans-serif`;
  pen.font = font;
  const lines = wrapped(pen, wordsOf(shown), side);
  canvas.width = side + 2 * margin;
  canvas.height = side + 3 * margin + 28 * lines.length;
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = stage !== 1;
  pen.drawImage(picture, margin, margin, side, side);
  pen.fillStyle = "#1d2528";
  pen.font = font;
  lines.forEach((line, i) => pen.fillText(line, margin, side + 2 * margin + 16 + 28 * i));
  const whole = {
    version: 1,
    samples: 0,
    checksums: Object.fromEntries(Object.entries(index.sets[weights].checksums).slice(0, stage)),
    requests: [{ caption, weights, stage, seed, to_caption: toCaption, amount }],
  };
  const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return withTexts(png, {
    caption: [caption, toCaption].filter(Boolean).join("\n"),
    seed: String(seed),
    weights,
    t2i: JSON.stringify(whole),
  });
}

function wrapped(pen, text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (pen.measureText(longer).width <= width || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

find("save").onclick = async () => {
  if (!shown) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await savedPicture());
  const words = shown.caption.toLowerCase().match(/[\p{L}\p{N}]+/gu)?.slice(0, 8).join("-") ?? "bird";
  link.download = `${words}-${shown.seed}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

find("share").onclick = async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say("Copied: the link shows this bird to whoever opens it.");
  } catch {
    say("The address of this page is the bird's link: copy it from the browser's address line.");
  }
};

// The start.

find("another").onclick = () => {
  const before = Number(seed.value) || 0;
  seed.value = (before + 1 + Math.floor(Math.random() * (SEEDS - 1))) % SEEDS;
  change();
};
caption.oninput = () => {
  moveControls();
  change();
};
seed.oninput = () => change();
toCaption.oninput = () => {
  showAmount();
  change();
};
amount.oninput = () => {
  showAmount();
  change({ strip: false });
};
weights.onchange = () => {
  offerExamples();
  change();
};

onhashchange = () => {
  readAddress();
  showFields();
  change();
};

async function start() {
  if (!("DecompressionStream" in globalThis) || !("WebAssembly" in globalThis)) {
    throw new Error("This browser is too old for the playground: use a current Chrome, Edge, Firefox or Safari.");
  }
  const response = await fetch(new URL("./models/index.json", import.meta.url));
  if (!response.ok) throw new Error("The networks are missing on the server: reload, or tell its owner.");
  index = await response.json();
  for (const [name, values] of Object.entries(index.grammar.controls)) addControl(name, values);
  seed.value = index.seed;
  caption.value = index.sets[weights.value].examples[0];
  readAddress();
  showFields();
  say("Fetching the first network …");
  await ask("start", { weights: weights.value });
  await draw({ stage: 1 });
  document.body.dataset.first = String(Math.round(performance.now()));
  await draw({ stage: 2, strip: true });
  await ask("loadAll");
  encoderIsHere = true;
  find("loading").hidden = true;
  document.body.dataset.loaded = "true";
}

start().catch((error) => say(error.message, true));

// For the console, and for tests: `await playground.ask("encode", {captions: ["a red bird"]})`.
globalThis.playground = { ask, savedPicture };
