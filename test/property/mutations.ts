import { BASE62 } from '../../src/core/base62.ts';

/** What a typing hand may put in a key: the alphabet, what prefixes hold besides, and what text processors add. */
const TYPED = `${BASE62}_- .,:;é`;

/** A way to change one thing of a text. Gives every text that it leads to, and never the text itself. */
export type Mutation = (text: string) => Iterable<string>;

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  *substitution(text) {
    for (let at = 0; at < text.length; at++) {
      for (const character of TYPED) {
        if (character !== text[at]) yield text.slice(0, at) + character + text.slice(at + 1);
      }
    }
  },

  *'adjacent transposition'(text) {
    for (let at = 0; at + 1 < text.length; at++) {
      if (text[at] === text[at + 1]) continue;
      yield text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
    }
  },

  *insertion(text) {
    for (let at = 0; at <= text.length; at++) {
      for (const character of TYPED) yield text.slice(0, at) + character + text.slice(at);
    }
  },

  *deletion(text) {
    for (let at = 0; at < text.length; at++) yield text.slice(0, at) + text.slice(at + 1);
  },

  *'case flip'(text) {
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      const lower = character.toLowerCase();
      const flipped = lower === character ? character.toUpperCase() : lower;
      if (flipped !== character) yield text.slice(0, at) + flipped + text.slice(at + 1);
    }
  },
};
