import functions from '@azure/functions';
import { recorder } from './recorder.ts';

const { app } = functions;

app.timer('sweep', {
  schedule: '%SWEEP_SCHEDULE%',
  handler: (timer, context) => recorder.run(timer, context),
});

app.timer('onStartup', {
  schedule: '0 0 3 1 1 *',
  runOnStartup: true,
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 0 },
  handler: (timer, context) => recorder.run(timer, context),
});
