//! The shared tests of all adapters.

mod tera_2 {
    adapter_suite::adapter_tests!(crate::support::engine::<tera::Tera>);
}

#[cfg(feature = "v1")]
mod tera_1 {
    adapter_suite::adapter_tests!(crate::support::engine::<tera1::Tera>);
}
