import { limits } from './limits.ts';

/**
 * The name among `candidates` that is most like `name`, without regard to letter case: the one with the fewest letters
 * to add, drop or change, if that is at most a third of the name. Names of unreasonable length are passed over, so that
 * a hostile header costs little.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let distance = Math.floor(wanted.length / 3) + 1;
  for (const candidate of candidates.slice(0, limits.columnsMax)) {
    const folded = candidate.trim().toLowerCase();
    if (folded.length > limits.comparedNameLengthMax || Math.abs(folded.length - wanted.length) >= distance) continue;
    const found = editDistance(wanted, folded);
    if (found < distance) {
      distance = found;
      nearest = candidate.trim();
    }
  }
  return nearest;
}

/** How many letters must be added, dropped or changed to make `left` into `right`. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= right.length; at += 1) {
      const changed = (previous[at - 1] ?? 0) + (left[row - 1] === right[at - 1] ? 0 : 1);
      current.push(Math.min(changed, (previous[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
