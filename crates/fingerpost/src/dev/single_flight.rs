use parking_lot::{Condvar, Mutex};

/// Single flight: of many callers who want the same work done, one does it and all take its result.
///
/// A caller takes a result that fits it, or one of work that began after it asked. Work that was under way when it asked
/// may have missed what it came for, so it waits and shares the next one.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    state: Mutex<State<T>>,
    landed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    /// How many pieces of work have begun.
    begun: u64,
    flying: bool,
    /// The newest result and the number of its work.
    last: Option<(u64, T)>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { begun: 0, flying: false, last: None }), landed: Condvar::new() }
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Answers with the last result if it `fits`, else with that of a `work` that begins from now on: this caller's own
    /// or another's.
    pub(crate) fn join(&self, fits: impl Fn(&T) -> bool, work: impl FnOnce() -> T) -> T {
        let mut state = self.state.lock();
        let asked = state.begun;
        loop {
            if let Some((number, result)) = &state.last
                && (*number > asked || fits(result))
            {
                return result.clone();
            }
            if !state.flying {
                break;
            }
            self.landed.wait(&mut state);
        }
        state.flying = true;
        state.begun += 1;
        let number = state.begun;
        drop(state);

        let landing = Landing(self);
        let result = work();
        landing.0.state.lock().last = Some((number, result.clone()));
        result
    }
}

/// Ends a flight, also when the work panics: the next caller in line then does it again.
struct Landing<'a, T>(&'a SingleFlight<T>);

impl<T> Drop for Landing<'_, T> {
    fn drop(&mut self) {
        self.0.state.lock().flying = false;
        self.0.landed.notify_all();
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
    fn whoever_asks_during_the_work_shares_the_next_one() {
        let (flight, runs, under_way) = (SingleFlight::default(), AtomicUsize::new(0), Barrier::new(9));
        let work = || runs.fetch_add(1, SeqCst) + 1;
        thread::scope(|scope| {
            scope.spawn(|| {
                flight.join(
                    |_| false,
                    || {
                        under_way.wait();
                        thread::sleep(std::time::Duration::from_millis(100));
                        work()
                    },
                )
            });
            let late: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        under_way.wait();
                        flight.join(|_| false, work)
                    })
                })
                .collect();
            let results: Vec<_> = late.into_iter().map(|caller| caller.join().unwrap()).collect();
            assert_eq!(results, [2; 8]);
        });
        assert_eq!(flight.join(|&result| result == 2, || unreachable!("the last result fits")), 2);
    }

    #[test]
    fn a_panic_frees_the_way_for_the_next_caller() {
        let flight = SingleFlight::default();
        assert!(catch_unwind(AssertUnwindSafe(|| flight.join(|_| false, || panic!("no luck")))).is_err());
        assert_eq!(flight.join(|_| false, || 7), 7);
    }
}
