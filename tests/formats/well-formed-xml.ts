const declaration = /^<\?xml version="1\.0" encoding="UTF-8" standalone="yes"\?>\s*/;
const token =
  /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z][\w:.-]*="(?:[^<>&"]|&(?:amp|lt|gt|quot);)*")*)\s*(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot);)+)/y;
// Written as what is allowed, so that no control character stands in it.
const characters = /^(?:[\t\n\r]|[^\p{Cc}\p{Cs}\uFFFE\uFFFF])*$/u;

/**
 * Reads XML of the narrow kind that our writers make (no comments, no CDATA, no document type) and throws at the first
 * thing that is not well-formed. Stricter than XML where that is easier: control characters from U+007F are faults too.
 */
export function checkWellFormed(xml: string): void {
  if (!characters.test(xml)) throw new Error('a character that XML does not have');
  const head = declaration.exec(xml)?.[0];
  if (head === undefined) throw new Error('no declaration');
  const open: string[] = [];
  let roots = 0;
  token.lastIndex = head.length;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 40)}`);
    const [, slash, name = '', attributes = '', isEmpty, text] = match;
    if (text !== undefined) {
      if (open.length === 0) throw new Error(`text outside of the root at ${at}`);
      continue;
    }
    const names = [...attributes.matchAll(/([\w:.-]+)="/g)].map((found) => found[1]);
    if (new Set(names).size < names.length) throw new Error(`an attribute twice at ${at}`);
    if (slash === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> at ${at} closes something else`);
    } else {
      if (open.length === 0) roots += 1;
      if (isEmpty !== '/') open.push(name);
    }
  }
  if (open.length > 0 || roots !== 1)
    throw new Error(`expected one root, closed; ${roots} roots, open: ${open.join()}`);
}
