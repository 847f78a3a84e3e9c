import { type Discovered, Discovery, type DiscoveryLine } from '../../shared/domain/catalogue-discovery.ts';

export function discoveredFrom(lines: Iterable<DiscoveryLine>): Discovered {
  const discovery = new Discovery();
  for (const line of lines) discovery.take(line);
  return discovery.found();
}
