/** With `info: true`, node:zlib returns the buffer and the engine, which its types don't say. */
export function consumption(result: unknown): { readonly data: Uint8Array; readonly consumed: number } {
  if (
    typeof result !== 'object' ||
    result === null ||
    !('buffer' in result && result.buffer instanceof Uint8Array) ||
    !('engine' in result && typeof result.engine === 'object' && result.engine !== null) ||
    !('bytesWritten' in result.engine && typeof result.engine.bytesWritten === 'number')
  ) {
    throw new TypeError('node:zlib did not report how many bytes it read');
  }
  return { data: result.buffer, consumed: result.engine.bytesWritten };
}
