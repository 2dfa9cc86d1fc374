// @ts-check
// node answer.js BY: answers each { at } with that number, until its parent leaves.
if (process.argv[2] === 'channel') {
  const { parent } = await import('deka-ipc');
  const channel = parent();
  channel.messages$.subscribe(message => channel.send(/** @type {{ at: number }} */ (message).at));
} else {
  process.on('message', message => process.send?.(/** @type {{ at: number }} */ (message).at));
}
