import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { askForFile, explainFileLine, getFile, getFileContent, listAllFiles } from '../../shared/host/file-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('files', serveRoute(routes.listFiles, listAllFiles));
functions.app.http('files_one', serveRoute(routes.getFile, getFile));
functions.app.http('files_content', serveRoute(routes.getFileContent, getFileContent));
functions.app.http('files_request', serveRoute(routes.requestFile, askForFile));
functions.app.http('files_explain', serveRoute(routes.explainLine, explainFileLine));
