import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getMe, signInLocally } from '../../shared/host/identity-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';
import { warnWhenClosed } from '../../shared/host/warn-when-closed.ts';

functions.app.http('identity_me', serveRoute(routes.getMe, getMe));
functions.app.http('identity_localSignIn', serveRoute(routes.signInLocally, signInLocally));
functions.app.hook.appStart(warnWhenClosed);
