use parking_lot::{Condvar, Mutex};

/// Single flight: one of several concurrent callers does the work, and all callers share the result.
///
/// A caller gets a matching result, or the result of work that began after the call. Work that was already in progress
/// may have missed a change. The caller therefore waits until that work ends, and shares the next run.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    state: Mutex<State<T>>,
    finished: Condvar,
}

#[derive(Debug)]
struct State<T> {
    /// The number of runs that have begun.
    started: u64,
    is_running: bool,
    /// The newest result, with the number of its run.
    last: Option<(u64, T)>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State { started: 0, is_running: false, last: None }),
            finished: Condvar::new(),
        }
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Returns the last result if `fits` accepts the result. Otherwise returns the result of a run that begins after
    /// this call, on this or another thread.
    pub(crate) fn join(&self, fits: impl Fn(&T) -> bool, work: impl FnOnce() -> T) -> T {
        let mut state = self.state.lock();
        let started_before = state.started;
        loop {
            if let Some((number, result)) = &state.last
                && (*number > started_before || fits(result))
            {
                return result.clone();
            }
            if !state.is_running {
                break;
            }
            self.finished.wait(&mut state);
        }
        state.is_running = true;
        state.started += 1;
        let number = state.started;
        drop(state);

        let guard = RunGuard(self);
        let result = work();
        guard.0.state.lock().last = Some((number, result.clone()));
        result
    }
}

/// Ends a run, also when `work` panics. After a panic, the next waiting caller repeats the work.
struct RunGuard<'a, T>(&'a SingleFlight<T>);

impl<T> Drop for RunGuard<'_, T> {
    fn drop(&mut self) {
        self.0.state.lock().is_running = false;
        self.0.finished.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        thread,
    };

    use super::*;

    #[test]
    fn callers_during_a_run_share_the_next_run() {
        let (single_flight, runs, barrier) = (SingleFlight::default(), AtomicUsize::new(0), Barrier::new(9));
        let work = || runs.fetch_add(1, SeqCst) + 1;
        thread::scope(|scope| {
            scope.spawn(|| {
                single_flight.join(
                    |_| false,
                    || {
                        barrier.wait();
                        thread::sleep(std::time::Duration::from_millis(100));
                        work()
                    },
                )
            });
            let late: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        single_flight.join(|_| false, work)
                    })
                })
                .collect();
            let results: Vec<_> = late.into_iter().map(|caller| caller.join().unwrap()).collect();
            assert_eq!(results, [2; 8]);
        });
        assert_eq!(single_flight.join(|&result| result == 2, || unreachable!("the last result fits")), 2);
    }

    #[test]
    fn panic_does_not_block_the_next_caller() {
        let single_flight = SingleFlight::default();
        assert!(
            catch_unwind(AssertUnwindSafe(|| single_flight.join(|_| false, || panic!("the work failed"))))
                .is_err()
        );
        assert_eq!(single_flight.join(|_| false, || 7), 7);
    }
}
