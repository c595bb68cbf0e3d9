use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
};

/// Returns random bits, for names. The bits are no secret.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
