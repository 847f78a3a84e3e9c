import type { StepPorts } from './on-queue-message.ts';

/** Runs `work` for every configured partner tenant; one that fails does not hold the others up, and is reported at the end. */
export async function forEachTenant(ports: StepPorts, work: (tenantId: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const { tenantId } of ports.config.partnerTenants) {
    try {
      await work(tenantId);
    } catch (error) {
      ports.log.warn('partner tenant failed', {
        tenantId,
        reason: error instanceof Error ? error.message : String(error),
      });
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `${failures.length} of ${ports.config.partnerTenants.length} partner tenants failed`,
    );
}
