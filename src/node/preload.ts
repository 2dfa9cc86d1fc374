/** What a child is started with so that it loads `deka-ipc/register` before anything else. */
export interface Preloading {
  /** Before the other arguments of Node. */
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * First of all, for Node's own channel, too, is there before any other preload runs. What NODE_OPTIONS preloads comes
 * before what the arguments do, so where there is something in it, ours has to stand there.
 */
export function preloading(preload: string, env: NodeJS.ProcessEnv): Preloading {
  const { NODE_OPTIONS: others } = env;
  if (!others) return { execArgv: ['--require', preload], env };
  return { execArgv: [], env: { ...env, NODE_OPTIONS: `${option(preload)}${others}` } };
}

/** In the child: what Node would show without the preload is shown. */
export function hidePreload(preload: string): void {
  const { execArgv, env } = process;
  const at = execArgv.indexOf(preload);
  if (at > 0 && execArgv[at - 1] === '--require') execArgv.splice(at - 1, 2);
  const ours = option(preload);
  if (env['NODE_OPTIONS']?.startsWith(ours)) env['NODE_OPTIONS'] = env['NODE_OPTIONS'].slice(ours.length);
}

/** As nodejs.org/api/cli.html#node_optionsoptions wants it: a path with spaces in quotes, quotes with a backslash. */
function option(preload: string): string {
  return `--require "${preload.replace(/["\\]/g, '\\$&')}" `;
}
