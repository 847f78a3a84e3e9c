import functions from '@azure/functions';
import { getDeps } from '../shared/host/deps.ts';
import { forEachTenant } from '../shared/host/for-each-tenant.ts';
import { invocationLog } from '../shared/host/invocation-log.ts';
import { downloadInvoices } from '../shared/pipeline/download-invoices.ts';

functions.app.timer('downloadInvoices', {
  schedule: '%DownloadSchedule%',
  runOnStartup: false,
  handler: async (_timer, context) => {
    const ports = { ...getDeps(), log: invocationLog(context) };
    await forEachTenant(ports, (tenantId) => downloadInvoices(ports, tenantId));
  },
});
