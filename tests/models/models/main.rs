//! Model checks: Shuttle runs each scenario in many random orders of the loads, stores and locks of all threads. A failure prints
//! the order, which `shuttle::replay` repeats.
//!
//! The crates are unchanged: `parking_lot` and `arc-swap` are replaced. Atomic integers and `OnceLock` of the standard library
//! take effect at once, so that the orders between two of these operations are not explored.

mod site;
mod single_flight;
mod releases;
mod server;

/// Runs a scenario in `FINGERPOST_TEST_ORDERS` orders, by default 20,000. Half of the orders have few preemptions (PCT).
fn check(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let orders =
        std::env::var("FINGERPOST_TEST_ORDERS").ok().and_then(|orders| orders.parse().ok()).unwrap_or(20_000);
    shuttle::check_random(scenario.clone(), orders / 2);
    shuttle::check_pct(scenario, orders / 2, 3);
}
