import type { FunctionApp, Registration } from './function-app.ts';
import type { HostJson } from './host-json.ts';
import type { Settings } from './settings.ts';
import type { WorkTracker } from './work-tracker.ts';

/** What every trigger is made from. */
export type TriggerContext = {
  readonly app: FunctionApp;
  readonly registration: Registration;
  readonly settings: Settings;
  readonly hostJson: HostJson;
  readonly work: WorkTracker;
};

/** Something that listens for events and runs a function for each. */
export interface Trigger {
  start(): Promise<void>;
  /** No event is taken up after this; what is under way goes on. */
  stop(): Promise<void>;
  /** Gives back connections, once nothing is under way any more. */
  dispose(): Promise<void>;
}
