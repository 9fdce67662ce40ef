/** Fails when there are more or fewer bytes than said; never gives more. */
export async function* exactly(source: AsyncIterable<Buffer>, sizeBytes: number): AsyncGenerator<Buffer> {
  let left = sizeBytes;
  for await (const chunk of source) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) throw new Error(`there were other than the ${sizeBytes} bytes that were promised`);
}

/** All of them in one buffer. */
export async function collected(source: AsyncIterable<Buffer>, sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exactly(source, sizeBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
