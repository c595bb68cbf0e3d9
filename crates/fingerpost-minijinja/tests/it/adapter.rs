//! The tests that the adapters of all engines share.

conformance::adapter_tests!(crate::support::engine);
