//! The tests that all adapters share.

adapter_suite::adapter_tests!(crate::support::engine);
