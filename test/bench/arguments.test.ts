import { describe, expect, it } from 'vitest';
import { commandLine, type Options } from '../../bench/arguments.js';

async function parsed(...args: readonly string[]): Promise<Options | string> {
  let seen: Options | string = 'nothing';
  const program = commandLine('1.2.3', async options => {
    seen = options;
  });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
  try {
    await program.parseAsync(['bench', ...args], { from: 'user' });
  } catch (error) {
    seen = (error as { code: string }).code;
  }
  return seen;
}

describe('the command line', () => {
  it('asks for everything if nothing is said', async () => {
    expect(await parsed()).toEqual({ quick: false, full: false, list: false });
  });

  it('takes several names at once, and an option twice', async () => {
    expect(
      await parsed('--workload', 'scale', 'bytes', '--contender', 'fork json', '--contender', 'zeromq'),
    ).toMatchObject({
      workload: ['scale', 'bytes'],
      contender: ['fork json', 'zeromq'],
    });
  });

  it('writes sizes as messages have them', async () => {
    expect(await parsed('--message', 'small', '64KB')).toMatchObject({ message: ['small', '64 KB'] });
  });

  it('makes numbers of counts and rounds', async () => {
    expect(await parsed('--count', '500', '--rounds', '3')).toMatchObject({ count: 500, rounds: 3 });
  });

  it.each([
    ['a count of nothing', ['--count', '0'], 'commander.invalidArgument'],
    ['rounds that are no number', ['--rounds', 'many'], 'commander.invalidArgument'],
    ['a size that there is not', ['--message', '2kb'], 'commander.invalidArgument'],
    ['a codec that there is not', ['--codec', 'xml'], 'commander.invalidArgument'],
    ['an option that there is not', ['--fast'], 'commander.unknownOption'],
  ])('refuses %s', async (_what, args, code) => {
    expect(await parsed(...args)).toBe(code);
  });

  it('has a help text', async () => {
    expect(await parsed('--help')).toBe('commander.helpDisplayed');
  });
});
