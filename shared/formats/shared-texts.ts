/** Texts that are remembered at once; beyond that it begins anew, and two texts that are the same may be two strings. */
const textsMax = 65_536;

/**
 * Gives the same string for texts that are the same. Names and ids come from bytes as new strings in each row; what is
 * kept of a row would otherwise keep them all: half of what the totals of a month take.
 */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size === textsMax) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
