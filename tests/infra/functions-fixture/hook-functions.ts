import functions from '@azure/functions';

const { app } = functions;

const seen: string[] = [];

app.hook.appStart(() => {
  seen.push('appStart');
});

app.hook.preInvocation((context) => {
  seen.push('preInvocation');
  context.inputs = [{ replaced: true }];
});

app.hook.postInvocation((context) => {
  seen.push('postInvocation');
  context.result = { jsonBody: { seen, result: context.result } };
});

app.hook.log((context) => {
  if (context.category === 'user') {
    context.message = `[hooked] ${context.message}`;
  }
});

app.get('hooked', {
  route: 'hooked',
  handler: (request, context) => {
    context.log('hello', { field: 1 });
    return { body: JSON.stringify(request) };
  },
});
