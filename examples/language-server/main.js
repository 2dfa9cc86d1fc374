// Asks a language server, which speaks JSON-RPC behind Content-Length headers, for completions. No envelope; the same
// channel as to a child of one's own: requests go out by `send`, answers come out of `messages$`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bare, contentLength, fromStreams, json } from 'deka-ipc';
import { filter, firstValueFrom } from 'rxjs';

/** @typedef {{ jsonrpc: '2.0', id?: number, method?: string, params?: any, result?: any, error?: { message: string } }} Message */

const command = new URL('../../node_modules/.bin/vscode-json-language-server', import.meta.url);
const server = spawn(fileURLToPath(command), ['--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
/** @type {import('deka-ipc').Channel<Message, Message>} */
const channel = fromStreams(server.stdout, server.stdin, {
  codec: json(),
  framing: contentLength(),
  envelope: bare(),
});
channel.failures$.subscribe(failure => console.error(failure.code, failure.message));
// A server asks, too, and waits for the answer.
channel.messages$
  .pipe(filter(({ id, method }) => id !== undefined && method !== undefined))
  .subscribe(({ id = 0 }) => channel.send({ jsonrpc: '2.0', id, result: null }));

const { capabilities } = await request(1, 'initialize', {
  processId: process.pid,
  rootUri: null,
  capabilities: { textDocument: { completion: { completionItem: { snippetSupport: true } } } },
});
console.log('initialize: completes after', capabilities.completionProvider.triggerCharacters.join(' '));

const uri = 'file:///package.json';
const schema = { type: 'object', properties: { name: { type: 'string' }, private: { type: 'boolean' } } };
notify('initialized', {});
notify('workspace/didChangeConfiguration', {
  settings: { json: { schemas: [{ fileMatch: ['package.json'], schema }], validate: { enable: true } } },
});
notify('textDocument/didOpen', { textDocument: { uri, languageId: 'json', version: 1, text: '{\n  \n}\n' } });
const { items } = await request(2, 'textDocument/completion', {
  textDocument: { uri },
  position: { line: 1, character: 2 },
});
console.log('completion:', items.map((/** @type {{ label: string }} */ { label }) => label).join(', '));

console.log('shutdown:', await request(3, 'shutdown'));
notify('exit');
await channel.close();
console.log('the channel ended:', await channel.closed);

/**
 * @param {number} id
 * @param {string} method
 * @param {object} [params]
 */
async function request(id, method, params) {
  const answer = firstValueFrom(
    channel.messages$.pipe(filter(message => message.id === id && message.method === undefined)),
  );
  channel.send({ jsonrpc: '2.0', id, method, params });
  const { result, error } = await answer;
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

/**
 * @param {string} method
 * @param {object} [params]
 */
function notify(method, params) {
  channel.send({ jsonrpc: '2.0', method, params });
}
