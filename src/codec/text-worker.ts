import type { MessageText } from '../ports/codec.ts';
import { messageWords } from './message-words.ts';
import { serve } from './worker-port.ts';

/** Entry of the thread that reads what strangers wrote: one message in, its words out. */
serve<ArrayBuffer, MessageText>(async (message) => ({ reply: await messageWords(new Uint8Array(message)) }));
