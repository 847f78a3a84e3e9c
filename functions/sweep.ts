import functions from '@azure/functions';
import { getDeps } from '../shared/host/deps.ts';
import { invocationLog } from '../shared/host/invocation-log.ts';
import { sweep } from '../shared/pipeline/sweep.ts';

functions.app.timer('sweep', {
  schedule: '%SweepSchedule%',
  handler: async (_timer, context) => {
    const deps = getDeps();
    await sweep({ ...deps, log: invocationLog(context) }, deps.config);
  },
});
