import { type MessagePort, parentPort } from 'node:worker_threads';
import { mailText, type TextRequest } from './mail-text.ts';

/** Takes one message and answers with its text. */
function serve(port: MessagePort): void {
  port.once('message', ({ message, whole }: TextRequest) => {
    void mailText(message, whole).then((text) => port.postMessage(text));
  });
}

if (parentPort !== null) serve(parentPort);
