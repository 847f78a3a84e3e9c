// Plain JavaScript on purpose: it must run on the Node versions that it turns away.
const major = Number(process.versions.node.split('.')[0]);
if (major < 22) {
  console.error(
    `Node ${process.versions.node} is too old: 22 is needed. Run \`npm ci\`, which brings it along, and try again.`,
  );
  process.exit(1);
}
