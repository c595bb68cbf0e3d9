//! The tests that all adapters share.

conformance::adapter_tests!(crate::support::engine);
