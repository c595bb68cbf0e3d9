//! Measures a call and its baseline in one run and prints their ratio, with the allocations of the call.

use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use criterion::Criterion;

/// Runs `call` and `baseline` under criterion and prints how many times slower `call` is, beside the `budget`.
pub(crate) fn compare<A, B>(
    criterion: &mut Criterion,
    name: &str,
    budget: f64,
    mut call: impl FnMut() -> A,
    mut baseline: impl FnMut() -> B,
) {
    drop(call()); // What is made once is made now.
    let allocations = allocation_counter::measure(|| drop(black_box(call()))).count_total;
    let baseline_allocations = allocation_counter::measure(|| drop(black_box(baseline()))).count_total;
    let baseline_ns = measure(criterion, &format!("{name}, baseline"), &mut baseline);
    let ns = measure(criterion, name, &mut call);
    // A filter on the command line may have passed over one of them.
    let (Some(ns), Some(baseline_ns)) = (ns, baseline_ns) else { return };
    let ratio = ns / baseline_ns;
    let verdict = if ratio <= budget { "within" } else { "OVER" };
    IS_OVER.fetch_or(ratio > budget, Ordering::Relaxed);
    println!(
        "{name}: {ns:.1} ns, {ratio:.2} x its baseline of {baseline_ns:.1} ns ({verdict} the budget of {budget})"
    );
    println!("{name}: {allocations} allocations, the baseline {baseline_allocations}\n");
}

/// Whether any call was over its budget.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Ends a bench; it has failed if a call was over its budget.
pub(crate) fn finish(criterion: &mut Criterion) -> ExitCode {
    criterion.final_summary();
    ExitCode::from(u8::from(IS_OVER.load(Ordering::Relaxed)))
}

/// The median time of one call in nanoseconds.
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

/// Short runs, for a table rather than a publication.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}
