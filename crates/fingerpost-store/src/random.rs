use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

/// Returns random bits, for names and delays. Not suitable for secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns a random time between 80 and 100 % of `longest`.
pub(crate) fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(0.8 + 0.2 * (random() % 1_000) as f64 / 1_000.)
}
