const guid = /^(?:org:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;
const noOne = '00000000-0000-0000-0000-000000000000';

/**
 * An id of Microsoft's as all files agree on it: in lower case and, where it is a GUID, with dashes and without braces.
 * The GUID of zeros, which older files write for "none", is empty. Ids that are no GUIDs keep their form. Version 1 of
 * the Partner Center API writes some customers as `org:<guid>`.
 */
export function foldId(text: string): string {
  const folded = text.trim().toLowerCase();
  const parts = guid.exec(folded);
  if (parts === null) return folded;
  const dashed = parts.slice(1).join('-');
  return dashed === noOne ? '' : dashed;
}
