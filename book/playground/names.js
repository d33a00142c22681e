// Birds' names told in colours, as t2i_utils/text/bird_names.py has it.

import { plain } from "./plain.js";

/** The caption in plain form; `told` is the table, `patterns` find its names and any colour. */
export function toldInColours(caption, { told, patterns }) {
  const text = plain(caption);
  const names = new RegExp(patterns.name, "g");
  const namesColours = new RegExp(patterns.colour).test(text.replace(names, ""));
  return text.replace(names, (_, article, name) => {
    const phrase = namesColours ? "bird" : told[name];
    return article ? `${/^[aeiou]/.test(phrase) ? "an" : "a"} ${phrase}` : phrase;
  });
}
