import { HttpError } from './http-error.ts';

/** Deeper than anything that the API takes. */
const depthMax = 32;

/** Names that mean something to JavaScript itself; no shape of ours has them. */
const refusedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads JSON that means the same to every reader: no key twice in an object, none that touches prototypes, no half
 * characters, and not nested without end.
 * @throws HttpError 400 InvalidBody
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidBody('is not valid JSON');
    throw error;
  }
  refuseOddities(text);
  return value;
}

export function invalidBody(reason: string): HttpError {
  return new HttpError(400, 'InvalidBody', `The body ${reason}`, 'body');
}

/** `text` is JSON, so that its braces and quotes are where they belong. */
function refuseOddities(text: string): void {
  /** What is open: of an object its keys so far, of an array nothing. */
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      checkString(text.slice(at, end + 1), isKeyNext ? open.at(-1) : undefined);
      isKeyNext = false;
      at = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > depthMax) throw invalidBody(`is nested more than ${depthMax} deep`);
      isKeyNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      isKeyNext = false;
    } else if (character === ',') {
      isKeyNext = open.at(-1) !== undefined;
    }
  }
}

/** @returns where the closing quote of the string stands that opens at `start` */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** `keys`: those of the object whose next key the string is; undefined when it is a value. */
function checkString(quoted: string, keys: Set<string> | undefined): void {
  const isPlain = !quoted.includes('\\');
  if (isPlain && keys === undefined) return;
  const string = isPlain ? quoted.slice(1, -1) : String(JSON.parse(quoted));
  if (!string.isWellFormed()) throw invalidBody('has half a character');
  if (keys === undefined) return;
  const shown = string.slice(0, 50);
  if (refusedKeys.has(string)) throw invalidBody(`has the key '${shown}', which is not taken`);
  if (keys.has(string)) throw invalidBody(`has the key '${shown}' twice in one object`);
  keys.add(string);
}
