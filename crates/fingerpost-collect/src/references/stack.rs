//! Threads for the parser of scripts, which calls itself for every level.

use std::cell::Cell;

use rayon::ThreadPoolBuilder;

use super::nesting::AT_MOST;

/// What is left of the two MiB that a thread usually has.
const USUAL: usize = 1536 * 1024;

/// For all that is on a stack before the parser.
const BEFORE: usize = 2 * 1024 * 1024;

thread_local! {
    static HERE: Cell<usize> = const { Cell::new(USUAL) };
}

/// How much of this thread's stack the parser may use.
pub(super) fn here() -> usize {
    HERE.get()
}

/// Does work on threads whose stacks are deep enough for every script: one thread for each script would cost time, and keep
/// memory that no other can use. They are made of address space, so where that is short, the usual threads have to do.
/// There are as many as in the pool of the caller.
pub(crate) fn with_deep_stacks<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let count = rayon::current_thread_index().map_or(0, |_| rayon::current_num_threads());
    let threads = ThreadPoolBuilder::new().num_threads(count);
    match threads.stack_size(AT_MOST + BEFORE).start_handler(|_| HERE.set(AT_MOST)).build() {
        Ok(threads) => threads.install(work),
        Err(_) => work(),
    }
}
