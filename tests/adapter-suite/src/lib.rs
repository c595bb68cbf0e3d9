//! Shared tests of the template engine adapters, generators of hostile asset paths, and a function that captures log
//! messages.
//!
//! An adapter declares the tests with [`adapter_tests!`], and passes a function that creates a [`Render`]
//! from [`Assets`](fingerpost::Assets).

mod missing_assets;
mod untrusted_paths;
mod reload;
mod import_map;
mod tags;
mod hostile;
mod pages;
mod site;
mod log_capture;

pub use hostile::{check_cases, hostile_file, hostile_path};
pub use import_map::{
    import_map_belongs_to_the_scoped_snapshot,
    import_map_is_empty_without_names_and_an_error_for_unknown_assets,
    import_map_is_written_with_an_escaped_nonce,
};
pub use log_capture::capture_log;
pub use missing_assets::{
    invalid_asset_path_is_an_error_with_the_reason,
    unknown_asset_with_plain_policy_has_a_url_and_no_integrity,
};
pub use pages::{Render, templates};
pub use reload::{
    next_page_after_reload_uses_the_new_release, page_in_a_scope_never_mixes_releases,
    reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing,
    scope_in_development_pins_only_the_version, scope_of_other_assets_is_ignored,
    scope_pins_all_helpers_across_two_reloads,
};
pub use site::{CONTENT, HASH, Site, hash};
pub use tags::{
    ENTRIES, invalid_entry_is_an_error_with_the_reason, nonce_in_tags_is_escaped,
    tags_after_reload_load_the_new_release, tags_are_written_without_escaping,
};
pub use untrusted_paths::{
    any_file_has_a_url_below_the_base_url, any_path_yields_an_error_or_a_url_below_the_base_url,
    hostile_path_is_rejected_or_encoded,
};

/// Declares a test for each function of this crate that takes an engine.
#[macro_export]
macro_rules! adapter_tests {
    ($engine:expr) => {
        $crate::adapter_tests! { $engine;
            invalid_asset_path_is_an_error_with_the_reason
            unknown_asset_with_plain_policy_has_a_url_and_no_integrity
            hostile_path_is_rejected_or_encoded
            any_path_yields_an_error_or_a_url_below_the_base_url
            any_file_has_a_url_below_the_base_url
            next_page_after_reload_uses_the_new_release
            reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing
            scope_pins_all_helpers_across_two_reloads
            scope_of_other_assets_is_ignored
            scope_in_development_pins_only_the_version
            page_in_a_scope_never_mixes_releases
            import_map_is_written_with_an_escaped_nonce
            import_map_is_empty_without_names_and_an_error_for_unknown_assets
            import_map_belongs_to_the_scoped_snapshot
            tags_are_written_without_escaping
            nonce_in_tags_is_escaped
            invalid_entry_is_an_error_with_the_reason
            tags_after_reload_load_the_new_release
        }
    };
    ($engine:expr; $($test:ident)*) => {
        $(#[test]
        fn $test() {
            $crate::$test(&$engine);
        })*
    };
}
