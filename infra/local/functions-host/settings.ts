import { describeFunction, type Registration } from './function-app.ts';

export type Settings = Readonly<Record<string, string>>;

/**
 * Replaces `%NAME%` by the setting of that name, as the host does in queue names, paths, routes and schedules.
 * @throws when there is no such setting
 */
export function resolveExpressions(text: string, settings: Settings, registration: Registration): string {
  return text.replace(/%([^%]*)%/g, (_whole, name: string) => {
    const value = settings[name];
    if (value === undefined) {
      throw new Error(`${describeFunction(registration)}: the setting '${name}' is missing, '%${name}%' needs it`);
    }
    return value;
  });
}

/** A text property of the trigger with its `%NAME%` parts replaced. */
export function triggerText(registration: Registration, property: string, settings: Settings): string {
  const value = registration.trigger[property];
  if (typeof value !== 'string' || value === '') {
    throw new Error(`${describeFunction(registration)}: the trigger has no '${property}'`);
  }
  return resolveExpressions(value, settings, registration);
}

/**
 * The connection string behind a connection name: setting `AzureWebJobs<name>`, else setting `<name>`.
 * Identity-based connections (`<name>__fullyQualifiedNamespace` …) need Azure and are refused.
 */
export function connectionString(name: string, settings: Settings, who: string): string {
  const value = settings[`AzureWebJobs${name}`] ?? settings[name];
  if (value !== undefined && value !== '') {
    return value;
  }
  const identitySetting = Object.keys(settings).find(
    (key) => key.startsWith(`${name}__`) || key.startsWith(`AzureWebJobs${name}__`),
  );
  if (identitySetting !== undefined) {
    throw new Error(
      `${who}: the connection '${name}' is identity-based (setting '${identitySetting}'), which is not supported locally; give a connection string in the setting '${name}'`,
    );
  }
  throw new Error(`${who}: the setting '${name}' is missing, the connection needs it`);
}

export function triggerConnection(registration: Registration, settings: Settings): string {
  const name = triggerText(registration, 'connection', settings);
  return connectionString(name, settings, describeFunction(registration));
}

/** Azure's switch for one function: it is loaded but its trigger does not listen. */
export function isDisabled(functionName: string, settings: Settings): boolean {
  const value = settings[`AzureWebJobs.${functionName}.Disabled`] ?? settings[`AzureWebJobs_${functionName}_Disabled`];
  return value !== undefined && /^(true|1)$/i.test(value);
}

/**
 * Puts the settings into `process.env`, where functions look for them, and returns what undoes it.
 * A variable that someone changed in between is left alone.
 */
export function applyToEnvironment(settings: Settings): () => void {
  const previous = Object.keys(settings).map((name) => ({ name, value: process.env[name] }));
  Object.assign(process.env, settings);
  return () => {
    for (const { name, value } of previous) {
      if (process.env[name] !== settings[name]) {
        continue;
      }
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
  };
}
