import { Command, InvalidArgumentError, Option } from 'commander';
import type { CodecName } from './deka.js';
import type { MessageName } from './messages.js';

/** What somebody asked for. */
export interface Options {
  readonly workload?: readonly string[];
  readonly contender?: readonly string[];
  readonly codec?: readonly CodecName[];
  readonly message?: readonly MessageName[];
  readonly node?: readonly string[];
  readonly quick: boolean;
  readonly full: boolean;
  readonly rounds?: number;
  readonly count?: number;
  readonly list: boolean;
  readonly from?: readonly [string, ...string[]];
  readonly against?: string;
  readonly json?: string;
  readonly html?: string;
  readonly svg?: string;
}

/** As they are written on a command line, where a space is a nuisance. */
const SIZES: Readonly<Record<string, MessageName>> = { small: 'small', '1kb': '1 KB', '64kb': '64 KB' };

const EXAMPLES = `
Examples:
  $ npx deka-ipc bench --quick                                under a minute, without the neighbours
  $ npx deka-ipc bench --workload flood --message small       both directions, small messages
  $ npx deka-ipc bench --contender "deka-ipc send" zeromq "fork json"
  $ npx deka-ipc bench --json new.json --against old.json     what became slower
  $ npx deka-ipc bench --from new.json --html chart.html      draw what was measured before
`;

/** The command line. `bench` gets what was asked for. */
export function commandLine(version: string, bench: (options: Options) => Promise<void>): Command {
  const program = new Command('deka-ipc').version(version).showHelpAfterError();
  program
    .command('bench')
    .description(
      'Measures this library, node:child_process and, where they are installed, others that do the same job. ' +
        'Each measurement runs in fresh processes; in each round everybody takes a turn.',
    )
    .option('--workload <name...>', 'only these, by name or by how their names begin (--list shows them)')
    .option('--contender <name...>', 'only these')
    .addOption(
      new Option('--codec <name...>', 'in workloads about codecs, only these').choices([
        'json',
        'v8',
        'msgpack',
        'cbor',
      ]),
    )
    .option('--message <size...>', `only messages of this size: ${Object.keys(SIZES).join(', ')}`, sizes)
    .option('--count <n>', 'so many messages, instead of what each workload has', whole)
    .option('--rounds <n>', 'how often each is measured (default: 7; quick: 3)', whole)
    .option('--quick', 'under a minute: less of everything, without the neighbours', false)
    .option('--full', 'the slow workloads as well: scale and workers', false)
    .option(
      '--node <path...>',
      'measure with these, side by side: the path of a Node, or a version such as 24',
    )
    .option('--list', 'show workloads and contenders, and who is not installed', false)
    .option('--json <file>', 'write every figure, with machine, versions and commit')
    .option('--html <file>', 'draw charts into a page')
    .option('--svg <file>', 'draw charts into a picture')
    .option('--from <file...>', 'measure nothing: show what --json wrote, of several files together')
    .option(
      '--against <file>',
      'compare with what --json wrote; the exit code is 1 if something became slower',
    )
    .addHelpText('after', EXAMPLES)
    .action(bench);
  return program;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('A whole number from 1 on.');
  return value;
}

function sizes(text: string, before: readonly MessageName[] = []): readonly MessageName[] {
  const size = SIZES[text.toLowerCase()];
  if (size === undefined) throw new InvalidArgumentError(`There are ${Object.keys(SIZES).join(', ')}.`);
  return [...before, size];
}
