import { notificationRecord } from '../contracts/notifications.ts';
import type { NotificationStore } from '../pipeline/send-notification.ts';
import type { Table } from './table.ts';

/** One row for each run and channel. */
export function tableNotificationStore(table: Table): NotificationStore {
  return {
    get: async ({ channel, runId }) => {
      const row = await table.get(channel, runId);
      return row === undefined ? undefined : notificationRecord.parse(row.value);
    },
    take: async (known, next) => {
      if (known === undefined) return (await table.insert(next.channel, next.runId, next)) === 'inserted';
      const row = await table.get(next.channel, next.runId);
      if (row === undefined) return false;
      const isStillKnown = JSON.stringify(notificationRecord.parse(row.value)) === JSON.stringify(known);
      return isStillKnown && (await table.replace(row, next)) === 'replaced';
    },
    put: (record) => table.put(record.channel, record.runId, record),
  };
}
