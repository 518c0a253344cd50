interface Run<T> {
  done: Promise<T>;
  leave: AbortController;
  waiting: number;
}

/** One piece of work for all who want it at the same time. Each leaves on its own; it ends when the last has left. */
export class Shared<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #run: Run<T> | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** Throws what `left` makes if `signal` aborts first. */
  async join(signal: AbortSignal | undefined, left: () => Error): Promise<T> {
    if (signal?.aborted) throw left();
    const run = (this.#run ??= this.#begin());
    run.waiting += 1;
    let leave = () => {};
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(left());
    });
    signal?.addEventListener("abort", leave);
    try {
      return await Promise.race([run.done, gone]);
    } finally {
      signal?.removeEventListener("abort", leave);
      run.waiting -= 1;
      if (!run.waiting) this.#end(run);
    }
  }

  #begin(): Run<T> {
    const leave = new AbortController();
    const run = { done: this.#work(leave.signal), leave, waiting: 0 };
    // Nobody may be left to hear of it.
    run.done.catch(() => {}).finally(() => this.#end(run));
    return run;
  }

  #end(run: Run<T>): void {
    run.leave.abort();
    if (this.#run === run) this.#run = undefined;
  }
}
