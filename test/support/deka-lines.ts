/** A message as it stands on the Deka wire. */
export function line(message: unknown): string {
  return `${JSON.stringify({ cmd: 'NODE_HANDLE', msg: message })}\n`;
}

export function linesOf(...messages: unknown[]): string {
  return messages.map(line).join('');
}
