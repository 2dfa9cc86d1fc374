/** The first uncaught exceptions that come of some work, in place of the test runner's own handling. */
export async function uncaughtDuring(count: number, work: () => void): Promise<unknown[]> {
  const runners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught: unknown[] = [];
  const all = new Promise<void>(resolve => {
    process.on('uncaughtException', error => {
      if (uncaught.push(error) === count) resolve();
    });
  });
  try {
    work();
    await all;
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const runner of runners) process.on('uncaughtException', runner);
  }
  return uncaught;
}
