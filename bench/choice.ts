import type { Options } from './arguments.js';
import type { Contender } from './contender.js';
import { CODEC_CONTENDERS, contender } from './contenders.js';
import { whyMissing } from './packages.js';
import type { Workload } from './workload.js';
import { WORKLOADS, workloadsNamed } from './workloads.js';

/** Who is to be measured doing what. */
export interface Choice {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly Contender[];
  /** Those that a quick run does without. */
  readonly leftOut: readonly Contender[];
  /** Those that would have taken part, and why they cannot. */
  readonly missing: readonly { readonly contender: Contender; readonly why: string }[];
}

/** Throws, with the names that there are, for one that there is not. */
export function choose(options: Options, missingHere = whyMissing): Choice {
  const workloads = chosenWorkloads(options);
  const all = [...new Set(workloads.flatMap(({ contenders }) => contenders).map(contender))];
  const chosen = all.filter(one => isChosen(one, options));
  const missing = chosen.flatMap(one => {
    const why = missingHere(one);
    return why === undefined ? [] : [{ contender: one, why }];
  });
  return {
    workloads,
    contenders: chosen.filter(one => !missing.some(({ contender }) => contender === one)),
    leftOut:
      options.contender === undefined && options.quick ? all.filter(one => one.notIfQuick === true) : [],
    missing,
  };
}

function chosenWorkloads({ workload: wanted, message, quick, full }: Options): readonly Workload[] {
  const named =
    wanted?.flatMap(workloadsNamed) ??
    WORKLOADS.filter(({ slow, sizes }) => (full || slow !== true) && (!quick || sizes.quick !== undefined));
  return named.filter(
    one => message === undefined || (one.message !== undefined && message.includes(one.message)),
  );
}

function isChosen(one: Contender, { contender: wanted, codec, quick }: Options): boolean {
  for (const name of wanted ?? []) contender(name);
  if (codec !== undefined && CODEC_CONTENDERS.includes(one)) {
    if (!codec.some(name => one.name.startsWith(`${name} `))) return false;
  }
  return wanted?.includes(one.name) ?? !(quick && one.notIfQuick === true);
}
