import type { InvocationContext } from '@azure/functions';
import { TerminalError } from '../domain/terminal-error.ts';
import { recordFailure } from '../pipeline/record-failure.ts';
import { getDeps } from './deps.ts';
import { invocationLog } from './invocation-log.ts';
import type { StepPorts } from './on-queue-message.ts';

/**
 * A blob-triggered function for manifests: runs the step with the name of the blob within its container. The content
 * that the trigger brings is not used; the step reads what is there when it runs.
 */
export function onManifest(
  container: string,
  step: (ports: StepPorts, manifestName: string) => Promise<void>,
): (blob: unknown, context: InvocationContext) => Promise<void> {
  return async (_blob, context) => {
    const ports = { ...getDeps(), log: invocationLog(context) };
    const path = String(context.triggerMetadata?.['blobTrigger'] ?? '');
    const manifestName = path.slice(container.length + 1);
    try {
      await step(ports, manifestName);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      await recordFailure(ports, {
        step: context.functionName,
        kind: 'permanent',
        message: { manifestName },
        reason: error.message,
      });
    }
  };
}
