import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticsMessages } from 'deka-ipc';
import { onTestFinished } from 'vitest';

/** What is published under a name until the test is over, as it comes. */
export function publishedAs<Name extends keyof DiagnosticsMessages>(
  name: Name,
  onMessage: (message: DiagnosticsMessages[Name]) => void = () => {},
): DiagnosticsMessages[Name][] {
  const messages: DiagnosticsMessages[Name][] = [];
  const listener = (message: unknown) => {
    messages.push(message as DiagnosticsMessages[Name]);
    onMessage(message as DiagnosticsMessages[Name]);
  };
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return messages;
}
