// SentencePiece in JavaScript: its normaliser, and the most probable cut of a text into pieces
// (unigram model, Kudo 2018). It reads the encoder's own model file.

const BLANK = "\u2581"; // stands for a space in a piece
const decoder = new TextDecoder();

/** Read one message of Protocol Buffers: calls found(field, bytes) for each field that has bytes. */
function readFields(bytes, found) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const kind = tag & 7;
    if (kind === 0) { number(); continue; }
    const length = kind === 2 ? number() : kind === 1 ? 8 : 4;
    found(tag >> 3, bytes.subarray(at, at + length));
    at += length;
  }
}

/** Rewrites text by the longest match in a table of rules (full-width letters and the like). */
class Normalizer {
  constructor(charsmap) {
    const size = new DataView(charsmap.buffer, charsmap.byteOffset).getUint32(0, true);
    this.units = new Uint32Array(charsmap.slice(4, 4 + size).buffer); // a double-array trie
    this.replacements = charsmap.subarray(4 + size);
  }

  /** The replacement of what stands at bytes[at], and how many bytes it replaces. */
  prefix(bytes, at) {
    const { units } = this;
    const offset = (unit) => (unit >>> 10) << ((unit & 0x200) >>> 6);
    let position = offset(units[0]);
    let length = 0;
    let value = 0;
    for (let i = at; i < bytes.length;) {
      position ^= bytes[i];
      const unit = units[position];
      if (((unit & 0x800000ff) >>> 0) !== bytes[i]) break;
      position ^= offset(unit);
      i += 1;
      if (unit & 0x100) {
        length = i - at;
        value = units[position] & 0x7fffffff;
      }
    }
    if (length) {
      return [this.replacements.subarray(value, this.replacements.indexOf(0, value)), length];
    }
    const first = bytes[at];
    length = first < 0x80 ? 1 : first >> 5 === 6 ? 2 : first >> 4 === 14 ? 3 : first >> 3 === 30 ? 4 : 1;
    return [bytes.subarray(at, at + length), length];
  }

  normalize(text) {
    const bytes = new TextEncoder().encode(text);
    let result = "";
    for (let at = 0; at < bytes.length;) {
      const [replacement, length] = this.prefix(bytes, at);
      result += decoder.decode(replacement);
      at += length;
    }
    result = result.replace(/^ +| +$/g, "").replace(/ +/g, " ");
    return result && BLANK + result.replaceAll(" ", BLANK);
  }
}

export class Tokenizer {
  /** @param {Uint8Array} model a SentencePiece unigram model
   *  @param {{unknown: number, begin: number, end: number}} ids of the marks */
  constructor(model, { unknown, begin, end }) {
    Object.assign(this, { unknown, begin, end });
    this.ids = new Map();
    this.scores = [];
    this.longest = 0;
    readFields(model, (field, bytes) => {
      if (field === 1) {
        let text = "";
        let score = 0;
        readFields(bytes, (inner, value) => {
          if (inner === 1) text = decoder.decode(value);
          if (inner === 2) score = new DataView(value.buffer, value.byteOffset).getFloat32(0, true);
        });
        this.ids.set(text, this.scores.length);
        this.scores.push(score);
        this.longest = Math.max(this.longest, [...text].length);
      } else if (field === 3) {
        readFields(bytes, (inner, value) => {
          if (inner === 2) this.normalizer = new Normalizer(value);
        });
      }
    });
    this.unknownScore = this.scores.reduce((least, score) => Math.min(least, score), 0) - 10;
  }

  /** The ids of a text's pieces between the marks for begin and end. */
  encode(text) {
    const letters = [...this.normalizer.normalize(text)];
    const best = new Float64Array(letters.length + 1).fill(-Infinity);
    const start = new Int32Array(letters.length + 1);
    const piece = new Int32Array(letters.length + 1);
    best[0] = 0;
    const offer = (from, to, id, score) => {
      if (score > best[to]) [best[to], start[to], piece[to]] = [score, from, id];
    };
    for (let i = 0; i < letters.length; i++) {
      let text = "";
      let single = false;
      for (let j = i + 1; j <= Math.min(i + this.longest, letters.length); j++) {
        text += letters[j - 1];
        const id = this.ids.get(text);
        if (id === undefined) continue;
        offer(i, j, id, best[i] + this.scores[id]);
        single ||= j === i + 1;
      }
      if (!single) offer(i, i + 1, this.unknown, best[i] + this.unknownScore);
    }
    const found = [];
    for (let i = letters.length; i > 0; i = start[i]) found.push(piece[i]);
    return [this.begin, ...(found.length ? found.reverse() : [this.unknown]), this.end];
  }

  /** Whether no word of a text is known; its picture then does not depend on it. */
  knowsNothingOf(text) {
    const blank = this.ids.get(BLANK);
    return this.encode(text).slice(1, -1).every((id) => id === this.unknown || id === blank);
  }
}
