//! The tests that all adapters share.

mod tera_2 {
    conformance::adapter_tests!(crate::support::engine::<tera::Tera>);
}

#[cfg(feature = "v1")]
mod tera_1 {
    conformance::adapter_tests!(crate::support::engine::<tera1::Tera>);
}
