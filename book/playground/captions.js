// Sliders write a caption and a caption moves the sliders, as t2i_utils/studio/caption_parser.py
// has it; the words and patterns of the library come with models/index.json.

const withArticle = (phrase) => `${/^[aeiou]/i.test(phrase) ? "an" : "a"} ${phrase}`;

function joined(phrases) {
  if (phrases.length < 2) return phrases.join("");
  return `${phrases.slice(0, -1).join(", ")} and ${phrases.at(-1)}`;
}

/** The plainest sentence that says the choices, {"size": "small", "belly": "red", ...}. */
export function captionOf(choices, grammar) {
  const adjectives = new Map();
  for (const part of grammar.parts) if (choices[part]) adjectives.set(part, [choices[part]]);
  const shape = choices[grammar.beakShape];
  if (shape) {
    adjectives.set("beak", [grammar.beakWords[shape] ?? shape, ...(adjectives.get("beak") ?? [])]);
  }
  const things = [...adjectives].map(([part, words]) => {
    const [noun, plural] = grammar.nouns[part];
    const phrase = [...words, noun].join(" ");
    return plural ? phrase : withArticle(phrase);
  });
  const size = choices.size ? `${grammar.sizeWords[choices.size]} ` : "";
  const bird = withArticle(`${size}bird`);
  return things.length ? `${bird} with ${joined(things)}` : bird;
}

/** The choices that an English caption makes. */
export function choicesOf(caption, grammar) {
  const text = caption.toLowerCase().trim().split(/\s+/).join(" ").replace(/\bgray\b/g, "grey");
  const said = {};
  const { size, before, after, beak, hyphen } = grammar.patterns;
  const sized = text.match(new RegExp(size));
  if (sized) said.size = grammar.sizes[sized[1] ?? sized[2]];
  const split = text.replace(new RegExp(hyphen, "g"), "$1 ");
  const say = (part, colour) => {
    if (grammar.parts.includes(part) && grammar.palette[colour]) said[part] = colour;
  };
  for (const [, colour, part] of split.matchAll(new RegExp(before, "g"))) {
    say(grammar.words[part], colour);
  }
  for (const [, part, colour] of split.matchAll(new RegExp(after, "g"))) {
    say(grammar.words[part], colour);
  }
  const shapes = Array.from(text.matchAll(new RegExp(beak, "g")), (found) =>
    grammar.shapes[found[1] ?? found[2]]);
  const shape = shapes.find((name) => grammar.controls[grammar.beakShape].includes(name));
  if (shape) said[grammar.beakShape] = shape;
  return said;
}
