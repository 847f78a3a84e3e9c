import { styleText } from 'node:util';

/* Text for a terminal: what fits, and in colours where they are wanted. */

export const widthMax = 100;

/** Two columns each: East Asian scripts, full-width forms, pictures. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;
/** No column: marks that are set on the letter before, and what joins letters. */
const narrowest = /^[\p{M}\u200B-\u200D\uFEFF]$/u;

/** How many columns a terminal shows `text` in. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += narrowest.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** `text` without what would move the cursor or change colours, which names out of files may hold. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

/** `text` cut to `width` columns, the last of them an ellipsis where it was longer, and filled up on the right. */
export function cell(text: string, width: number): string {
  const shown = printable(text);
  const cut = widthOf(shown) <= width ? shown : `${upTo(shown, width - 1)}…`;
  return `${cut}${' '.repeat(width - widthOf(cut))}`;
}

function upTo(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width) break;
    kept += character;
  }
  return kept;
}

/** `text` in lines of at most `width` columns, broken at blanks where there are any. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (widthOf(line) > width) {
      const kept = upTo(line, width);
      lines.push(kept);
      line = line.slice(kept.length);
    }
  }
  return [...lines, line];
}

export type Paint = (style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string) => string;

export const unpainted: Paint = (_, text) => text;

/** Colours where the stream is a terminal that shows them and nobody has said NO_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY || !stream.hasColors()) return unpainted;
  return (style, text) => styleText(style, text, { validateStream: false });
}
