/**
 * The subscriptions of each reseller, each once and in order, by MPN id. What is told of one reseller in several places
 * comes together.
 */
export function subscriptionsByReseller(
  told: Iterable<readonly [mpnId: string, subscriptionIds: Iterable<string>]>,
): Record<string, string[]> {
  const byMpnId = new Map<string, Set<string>>();
  for (const [mpnId, subscriptionIds] of told) {
    const known = byMpnId.get(mpnId) ?? new Set();
    byMpnId.set(mpnId, known);
    for (const subscriptionId of subscriptionIds) known.add(subscriptionId);
  }
  const inOrder = [...byMpnId].sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(inOrder.map(([mpnId, subscriptionIds]) => [mpnId, [...subscriptionIds].sort()]));
}
