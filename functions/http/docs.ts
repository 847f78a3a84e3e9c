import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getDocs, getDocsFile, getOpenApi } from '../../shared/host/docs-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('docs', serveRoute(routes.getDocs, getDocs));
functions.app.http('docs_file', serveRoute(routes.getDocsFile, getDocsFile));
functions.app.http('docs_openapi', serveRoute(routes.getOpenApi, getOpenApi));
