import type { MessageText } from '../ports/codec.ts';

/** Bytes of a message that are read for its words. */
export const mostForWords = 16 * 1024 * 1024;

/** What is indexed of a message that can't be read. */
export const noText: MessageText = { body: '', attachments: '', attached: 0 };
