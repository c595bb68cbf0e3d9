//! The shared tests of all adapters.

adapter_suite::adapter_tests!(crate::support::engine);
