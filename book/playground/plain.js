// Captions in plain form, letter for letter as t2i_utils/text/plain.py has it.

// White space as Python's str.isspace() means it, which is not quite JavaScript's \s.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WORD = "\\p{L}\\p{N}_";
const PUNCTUATION = new RegExp(
  `(?<=[${WORD}])([-'’])(?=[${WORD}])|[^${WORD}${SPACE},]|_`, "gu",
);
const COMMAS = new RegExp(`[${SPACE},]*,[${SPACE},]*`, "gu");
const SPACES = new RegExp(`[${SPACE}]+`, "u");

const words = (text) => text.split(SPACES).filter(Boolean);

export function plain(caption) {
  const text = caption
    .replace(PUNCTUATION, (mark, inner) =>
      inner ? mark.replace("’", "'") : /\p{P}/u.test(mark) ? " " : mark)
    .replace(COMMAS, ", ")
    .replace(/^[ ,]+|[ ,]+$/g, "");
  return words(text.toLowerCase()).join(" ");
}

const MAX_WORDS = 200;
const MAX_CHARACTERS = 2000;

/** The caption with single spaces; an Error with one sentence where it cannot be drawn. */
export function checked(caption) {
  const found = words(caption);
  const text = found.join(" ");
  if (!text) throw new Error("The caption is empty: describe a bird, such as “a small red bird”.");
  if (found.length > MAX_WORDS || [...text].length > MAX_CHARACTERS) {
    throw new Error("The caption is too long: use one or two sentences.");
  }
  if (!text.isWellFormed?.() && /[\ud800-\udfff]/u.test(text)) {
    throw new Error("The caption holds a broken letter: type it again.");
  }
  return text;
}
