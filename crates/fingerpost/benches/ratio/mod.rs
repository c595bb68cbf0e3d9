//! Measures a call and its baseline in one run and prints their ratio, with the allocations of the call.
#![allow(dead_code, reason = "each bench uses a part of the module")]

use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use criterion::Criterion;

/// The cost of one call.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// `None` if a filter on the command line skipped the call.
    ns: Option<f64>,
    allocations: u64,
}

/// Runs `call` and `baseline` under criterion, in turn, and prints their ratio beside the `budget`.
///
/// The cost of a system call drifts by a third within seconds, so `call` and `baseline` are each measured twice, and the
/// better run counts.
pub(crate) fn compare<A, B>(
    criterion: &mut Criterion,
    name: &str,
    budget: f64,
    mut call: impl FnMut() -> A,
    mut baseline: impl FnMut() -> B,
) {
    let first = cost(criterion, &format!("{name}, baseline"), &mut baseline);
    let first_call = cost(criterion, name, &mut call);
    let second = cost(criterion, &format!("{name}, baseline again"), baseline);
    let second_call = cost(criterion, &format!("{name}, again"), call);
    report(name, Some(budget), first_call.or_better(second_call), first.or_better(second));
}

impl Cost {
    fn or_better(self, other: Self) -> Self {
        match (self.ns, other.ns) {
            (Some(ns), Some(others)) if others < ns => other,
            _ => self,
        }
    }
}

/// Runs `call` under criterion.
pub(crate) fn cost<A>(criterion: &mut Criterion, name: &str, mut call: impl FnMut() -> A) -> Cost {
    drop(call()); // Initialize lazily created values before counting allocations.
    let allocations = allocation_counter::measure(|| drop(black_box(call()))).count_total;
    Cost { ns: measure(criterion, name, &mut call), allocations }
}

/// Prints the ratio of `call` to `baseline`, beside the `budget` if there is one.
pub(crate) fn report(name: &str, budget: Option<f64>, call: Cost, baseline: Cost) {
    let (Some(ns), Some(baseline_ns)) = (call.ns, baseline.ns) else { return };
    let ratio = ns / baseline_ns;
    let result = match budget {
        None => "no budget".to_owned(),
        Some(budget) if ratio <= budget => format!("within the budget of {budget}"),
        Some(budget) => {
            IS_OVER.store(true, Ordering::Relaxed);
            format!("OVER the budget of {budget}")
        }
    };
    println!("{name}: {ns:.1} ns, {ratio:.2} x its baseline of {baseline_ns:.1} ns ({result})");
    println!("{name}: {} allocations, the baseline {}\n", call.allocations, baseline.allocations);
}

/// Prints the difference of `call` and `baseline` in nanoseconds, beside the `budget` if there is one.
pub(crate) fn report_difference(name: &str, budget: Option<f64>, call: Cost, baseline: Cost) {
    let (Some(ns), Some(baseline_ns)) = (call.ns, baseline.ns) else { return };
    let more = ns - baseline_ns;
    let result = match budget {
        None => "no budget".to_owned(),
        Some(budget) if more <= budget => format!("within the budget of {budget}"),
        Some(budget) => {
            IS_OVER.store(true, Ordering::Relaxed);
            format!("OVER the budget of {budget}")
        }
    };
    println!("{name}: {ns:.1} ns, {more:.1} ns more than its baseline of {baseline_ns:.1} ns ({result})");
    println!("{name}: {} allocations, the baseline {}\n", call.allocations, baseline.allocations);
}

/// `true` once a call is over its budget.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Prints the summary of criterion, and returns a failure if a call was over its budget.
pub(crate) fn finish(criterion: &mut Criterion) -> ExitCode {
    criterion.final_summary();
    ExitCode::from(u8::from(IS_OVER.load(Ordering::Relaxed)))
}

/// Returns the median time of one call in nanoseconds.
fn measure<A>(criterion: &mut Criterion, name: &str, call: &mut impl FnMut() -> A) -> Option<f64> {
    let mut samples = Vec::new();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let start = Instant::now();
            for _ in 0..iterations {
                black_box(call());
            }
            let elapsed = start.elapsed();
            samples.push(elapsed.as_secs_f64() * 1e9 / iterations as f64);
            elapsed
        });
    });
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}

/// Returns settings for short runs, which are precise enough for a table of ratios.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}
