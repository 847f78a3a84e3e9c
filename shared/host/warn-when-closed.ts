import { readIdentity } from './config.ts';
import { isEntraConfigured } from './identity.ts';

/** Says at the start, once, when the settings let nobody in, or anybody; each request would say it too late. */
export function warnWhenClosed(): void {
  const config = readIdentity();
  if (config.hasLocalSignIn) console.warn('LocalSignIn is on: anybody who reaches this API may sign in as anybody');
  else if (!isEntraConfigured(config)) {
    console.warn('The API is closed: set AuthAudiences and AuthHomeTenants (docs/security.md)');
  }
}
