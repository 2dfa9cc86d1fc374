// node examples/operators/pipeline.js
// The stages alone, in any RxJS pipeline: no process, no socket, no channel. One of the lines is broken on purpose; it
// comes through as a value, and the lines beside it arrive.
import { Buffer } from 'node:buffer';
import { bare, decode, IpcError, splitFrames, unwrap } from 'deka-ipc';
import { filter, from, map, mergeAll, toArray } from 'rxjs';

const chunks = [
  '{"city":"Vilnius","t":21}\n{"city":"Li',
  'ma","t":18}\n{"city": oops}\n',
  '{"city":"Oslo","t":9}\n',
];

from(chunks)
  .pipe(
    map(text => Buffer.from(text)),
    splitFrames(),
    decode(),
    unwrap(bare()),
    mergeAll(),
    filter(value => {
      if (value instanceof IpcError) console.log(`skipped: ${value.code}`);
      return !(value instanceof IpcError);
    }),
    toArray(),
  )
  .subscribe(cities => console.table(cities));
