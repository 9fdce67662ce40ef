import { Readable } from 'node:stream';

/**
 * The same items, but an abort ends the wait for the next one: `for await` alone stays with a source that fell silent.
 * A plain race of each item against one promise of the abort would keep memory for every item (each race leaves a
 * reaction on that promise), hence the exchanged `interrupt`.
 */
export async function* interruptible<T>(source: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let interrupt: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => interrupt(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop(source, iterator);
  }
}

/** Not awaited: `return()` of a generator queues behind a pending `next()`, which may be the one that never comes. */
function stop(source: AsyncIterable<unknown>, iterator: AsyncIterator<unknown>): void {
  if (source instanceof Readable) source.destroy();
  void iterator.return?.().catch(() => undefined);
}
