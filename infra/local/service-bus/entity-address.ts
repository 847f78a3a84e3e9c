export type EntityAddress = {
  /** In lower case, as names are compared without case. */
  readonly queueName: string;
  readonly subqueue: 'main' | 'dead-letter';
  readonly isManagement: boolean;
};

const MANAGEMENT = '/$management';
const DEAD_LETTER = '/$deadletterqueue';

/** Reads `queue`, `queue/$deadletterqueue`, either with `/$management`, either as a full URI with scheme and host. */
export function entityAddress(text: string): EntityAddress {
  let path = text.toLowerCase().replace(/^[a-z]+:\/\/[^/]*/, '');
  path = path.replace(/^\/+/, '').replace(/\/+$/, '');
  const isManagement = path.endsWith(MANAGEMENT);
  if (isManagement) path = path.slice(0, -MANAGEMENT.length);
  const isDeadLetter = path.endsWith(DEAD_LETTER);
  if (isDeadLetter) path = path.slice(0, -DEAD_LETTER.length);
  return { queueName: path, subqueue: isDeadLetter ? 'dead-letter' : 'main', isManagement };
}
