//! Tests the client script in a browser: a table of tests, each with the libraries that the test runs with.

mod actions;
mod alpine_ajax;
mod banner;
mod caches;
mod destinations;
mod fields;
mod libraries;
mod policy;
mod recipes;
mod renewal;
mod requests;
mod served;
mod site;
mod tabs;
mod pending;
mod runner;
mod turbo;
mod unpoly;

use serde_json::Value;

use crate::tools::Browser;
use runner::{Row, rows};
use site::{Library, Site};

const HTMX: &[Library] = &["htmx-1", "htmx-2", "htmx-4"];
/// Libraries whose links replace the page.
const NAVIGATING: &[Library] = &["htmx-1", "htmx-2", "htmx-4", "turbo", "unpoly"];
const EVERY: &[Library] = &["htmx-1", "htmx-2", "htmx-4", "turbo", "unpoly", "alpine-ajax", "fetch"];
const NOT_FETCH: &[Library] = &["htmx-1", "htmx-2", "htmx-4", "turbo", "unpoly", "alpine-ajax"];
/// For tests that do not depend on the library.
const ONE: &[Library] = &["htmx-2"];

const ROWS: &[Row] = rows![
    EVERY => actions::prompt_policy_offers_a_reload,
    NAVIGATING => actions::dismissed_prompt_does_not_reappear_for_the_same_version,
    ONE => actions::dismissed_prompt_does_not_reappear_after_back,
    NAVIGATING => actions::prompt_survives_boosted_navigation_and_reloads_the_current_url,
    ONE => actions::warn_policy_logs_to_the_console_and_ignore_policy_does_nothing,
    ONE => actions::server_action_overrides_the_action_of_the_page,
    EVERY => actions::canceled_mismatch_event_suppresses_the_default_action,
    HTMX => actions::mismatch_event_contains_the_target_url,
    ONE => actions::page_without_the_script_is_unaffected,
    EVERY => actions::script_may_run_twice,
    ONE => actions::script_without_attributes_does_nothing,
    &["htmx-1", "htmx-2", "unpoly", "fetch"] => actions::elements_named_like_properties_have_no_effect,
    &["fetch"] => actions::elements_named_like_methods_have_no_effect,
    ONE => banner::banner_fits_color_schemes_and_narrow_screens,
    ONE => banner::banner_is_announced_and_keyboard_accessible,
    ONE => banner::pages_can_customize_the_style_and_text_of_the_banner,
    ONE => banner::new_banner_replaces_the_previous_one,
    EVERY => caches::stale_page_cache_causes_only_one_reload,
    EVERY => caches::alternating_versions_cause_only_one_reload,
    ONE => caches::later_deploy_causes_another_reload,
    EVERY => caches::stale_cached_response_alone_has_no_effect,
    HTMX => caches::concurrent_responses_cause_one_check,
    ONE => caches::concurrent_responses_of_several_versions_cause_one_check,
    ONE => caches::failed_check_is_repeated,
    ONE => caches::check_response_without_a_version_has_no_effect,
    EVERY => caches::page_reloads_if_a_router_refuses_its_version,
    NAVIGATING => caches::boosted_link_refused_by_the_router_becomes_a_full_navigation,
    HTMX => caches::page_reloads_if_a_router_inside_the_layer_refuses_its_version,
    EVERY => caches::conflict_response_of_a_router_inside_the_layer_is_not_swapped_in,
    HTMX => caches::application_409_has_no_effect,
    ONE => caches::timed_out_check_is_repeated,
    ONE => caches::other_409_of_the_version_endpoint_has_no_effect,
    &["htmx-1", "htmx-2", "htmx-4", "unpoly"] => caches::page_left_by_a_reload_prompts_after_back,
    EVERY => caches::version_check_ignores_a_base_element_of_another_site,
    HTMX => destinations::cross_origin_location_header_reloads_the_page_in_place,
    HTMX => destinations::cross_origin_push_url_reloads_the_page_in_place,
    ONE => destinations::banner_reloads_the_page_in_place_after_a_cross_origin_location,
    ONE => destinations::malformed_location_header_does_not_reject_the_response,
    EVERY => destinations::addresses_of_other_origins_are_never_loaded,
    EVERY => destinations::foreign_redirect_is_not_followed,
    EVERY => fields::partially_filled_form_causes_a_banner_instead_of_a_reload,
    EVERY => fields::form_returned_with_validation_errors_blocks_a_reload,
    ONE => fields::choices_returned_with_validation_errors_block_a_reload,
    ONE => fields::only_last_sent_values_and_no_passwords_are_remembered,
    ONE => fields::navigation_discards_remembered_sent_values,
    ONE => fields::text_that_an_editor_moves_out_of_a_field_blocks_a_reload,
    ONE => fields::text_that_was_sent_and_cleared_does_not_block_a_reload,
    ONE => fields::unchanged_fields_do_not_block_a_reload,
    ONE => fields::every_kind_of_changed_field_blocks_a_reload,
    ONE => fields::reverted_input_does_not_block_a_reload,
    ONE => fields::page_prompts_if_session_storage_fails,
    ONE => fields::input_with_a_script_that_changes_the_initial_state_blocks_a_reload,
    ONE => fields::chosen_date_with_a_script_that_changes_the_initial_state_blocks_a_reload,
    HTMX => fields::form_requested_again_with_its_values_blocks_a_reload,
    ONE => fields::editable_element_with_options_blocks_a_reload,
    ONE => fields::foreign_elements_named_like_fields_have_no_effect,
    EVERY => libraries::base_element_of_the_same_site_does_not_change_the_behavior,
    EVERY => libraries::cross_origin_response_has_no_effect,
    ONE => libraries::check_with_headers_detects_a_new_version,
    ONE => libraries::check_without_headers_requests_the_version,
    ONE => libraries::page_is_checked_when_the_visitor_returns,
    EVERY => pending::pending_post_completes_before_a_reload,
    ONE => pending::pending_fetch_post_completes_before_a_reload,
    &["htmx-2", "fetch"] => pending::form_that_the_browser_sends_is_not_interrupted,
    NAVIGATING => pending::pending_redirected_post_becomes_a_full_navigation,
    NAVIGATING => pending::pending_link_becomes_a_full_navigation,
    EVERY => pending::post_during_a_reload_stops_the_reload,
    NAVIGATING => pending::click_during_a_reload_stops_the_reload,
    ONE => pending::click_while_the_page_is_checked_is_not_lost,
    ONE => pending::modifier_key_does_not_prevent_a_reload,
    HTMX => pending::pending_navigation_takes_precedence_over_a_reload,
    HTMX => pending::htmx_redirect_and_location_headers_are_followed,
    EVERY => pending::input_during_a_reload_stops_the_reload,
    &["htmx-1", "htmx-2"] => renewal::response_to_a_post_with_a_relative_address_is_not_requested_again,
    &["htmx-1", "htmx-2"] => renewal::preloaded_response_has_no_effect,
    &["htmx-1", "htmx-2"] => renewal::response_with_a_handler_is_checked,
    HTMX => policy::strict_content_security_policy_is_not_violated,
    ONE => policy::content_security_policy_violations_are_detected,
    NAVIGATING => renewal::boosted_link_after_a_deploy_becomes_a_full_navigation,
    NOT_FETCH => renewal::redirected_boosted_link_becomes_a_full_navigation_to_the_final_url,
    EVERY => renewal::fragment_after_a_deploy_reloads_the_page_in_place,
    HTMX => renewal::hx_get_with_a_pushed_url_becomes_a_full_navigation_to_that_url,
    NOT_FETCH => renewal::boosted_search_keeps_its_query,
    EVERY => renewal::post_response_stays_on_the_page_and_is_not_requested_again,
    NOT_FETCH => renewal::redirected_boosted_post_becomes_a_full_navigation_to_the_final_url,
    &["htmx-2", "fetch"] => renewal::stale_page_from_the_back_forward_cache_is_detected,
    EVERY => renewal::page_from_a_post_is_not_reloaded_or_posted_again,
    HTMX => renewal::page_from_a_boosted_post_is_not_reloaded,
    HTMX => renewal::page_from_a_post_with_a_pushed_fragment_url_is_not_reloaded,
    NAVIGATING => renewal::page_from_a_boosted_link_after_a_post_is_reloaded,
    HTMX => renewal::boosted_link_that_updates_a_fragment_reloads_the_page_in_place,
    NOT_FETCH => renewal::stale_page_from_the_history_is_detected,
    NOT_FETCH => requests::requests_contain_the_version_of_the_page,
    HTMX => requests::cross_origin_requests_contain_no_version,
    ONE => requests::request_redirected_to_another_origin_contains_no_version,
    ONE => requests::fetch_accepts_the_same_arguments_as_the_native_fetch,
    ONE => requests::fetch_response_of_another_version_reloads_the_page,
    ONE => requests::version_check_contains_the_page_version_and_bypasses_caches,
    recipes::INERTIA => recipes::inertia_page_is_reloaded,
    recipes::DATASTAR => recipes::datastar_page_prompts,
    EVERY => tabs::two_tabs_reload_once_each_when_used,
    ONE => tabs::duplicate_of_a_reloaded_tab_does_not_reload,
    turbo::TURBO => turbo::reload_of_turbo_does_not_discard_input,
    turbo::TURBO => turbo::reload_of_turbo_prompts_again_after_new_input,
    turbo::TURBO => turbo::reload_of_turbo_always_prompts_first,
    turbo::TURBO => turbo::tracked_element_without_input_causes_one_page_load,
    turbo::TURBO => turbo::refresh_with_input_prompts,
    turbo::TURBO => turbo::redirected_refresh_keeps_input,
    turbo::TURBO => turbo::failed_refresh_keeps_input,
    turbo::TURBO => turbo::link_to_a_page_that_requests_a_page_load_is_followed,
    turbo::TURBO => turbo::reload_of_turbo_does_not_interrupt_another_write,
    turbo::TURBO => turbo::validation_errors_are_rendered_despite_tracked_elements,
    turbo::TURBO => turbo::prefetch_does_not_reload_the_page,
    turbo::TURBO => turbo::stream_response_stays_on_the_page,
    turbo::TURBO => turbo::response_to_a_removed_form_is_not_requested_again,
    turbo::TURBO => turbo::redirect_to_another_site_is_followed_despite_input,
    turbo::TURBO => turbo::reload_of_turbo_does_not_interrupt_a_form,
    turbo::TURBO => turbo::created_page_is_not_reloaded,
    turbo::TURBO => turbo::empty_response_to_a_form_does_not_block_later_reloads,
    turbo::TURBO => turbo::link_to_a_file_reloads_the_page_in_place,
    unpoly::UNPOLY => unpoly::link_that_opens_an_overlay_becomes_a_full_navigation,
    unpoly::UNPOLY => unpoly::responses_that_are_not_displayed_are_checked,
    unpoly::UNPOLY => unpoly::location_of_the_server_becomes_a_full_navigation,
    unpoly::UNPOLY => unpoly::failed_form_does_not_block_later_reloads,
    unpoly::UNPOLY => unpoly::preloaded_link_has_no_effect,
    alpine_ajax::ALPINE_AJAX => alpine_ajax::event_of_a_nested_control_does_not_complete_a_form,
    alpine_ajax::ALPINE_AJAX => alpine_ajax::failed_form_is_not_sent_again,
    alpine_ajax::ALPINE_AJAX => alpine_ajax::back_loads_the_page_once,
];

#[test]
#[ignore = "needs Chromium and npm packages: run tests/setup"]
fn client_script_in_chromium() {
    runner::run(ROWS);
}

#[test]
fn documented_table_matches_the_tests() {
    let text = include_str!("../../../crates/fingerpost-tower/docs/stale-pages.md");
    let (_, table) = text.split_once("| situation | htmx |").expect("the table");
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| "));
    let mut count = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_end_matches(" |").split(" | ").collect();
        let [_, htmx, turbo, unpoly, alpine, fetch, test] = cells[..] else { panic!("{row}") };
        let test = test.trim_matches('`');
        let is_test = |row: &&Row| row.name.rsplit(' ').next() == Some(test);
        let found = ROWS.iter().find(is_test).unwrap_or_else(|| panic!("no test `{test}`"));
        let documented = [
            (htmx, "htmx-1"),
            (htmx, "htmx-2"),
            (htmx, "htmx-4"),
            (turbo, "turbo"),
            (unpoly, "unpoly"),
            (alpine, "alpine-ajax"),
            (fetch, "fetch"),
        ];
        for (behavior, library) in documented {
            assert_eq!(behavior != "–", found.libraries.contains(&library), "{test} with {library}");
        }
        count += 1;
    }
    assert!(count > 15, "{count} rows");
}

/// Advances the clock of the page by more than a minute, because a page is checked at most once per minute.
const PASS_MINUTE: &str = "const { now } = Date; Date.now = () => now() + 61_000";

async fn open(browser: &Browser, site: &Site, path: &str) {
    browser.goto(&site.url(path)).await.expect("a page");
    browser.until("document.readyState === 'complete'").await;
}

/// Runs JavaScript in the page, awaits a promise, and returns the result.
async fn run(browser: &Browser, script: &str) -> Value {
    browser.execute(&format!("return (async () => {{ {script} }})()"), vec![]).await.expect("the script runs")
}

async fn address(browser: &Browser) -> String {
    browser.current_url().await.expect("an address").into()
}

/// Waits until the browser has loaded the page of this path and version, with the client script.
async fn wait_for_page(browser: &Browser, path: &str, version: &str) {
    let heading = format!("document.querySelector('h1')?.textContent === '{path} of {version}'");
    browser.until(&format!("window.fingerpost?.version === '{version}' && {heading}")).await;
}

/// Waits until the page shows the banner with its text.
async fn wait_for_banner(browser: &Browser) {
    browser
        .until("document.querySelector('fingerpost-banner')?.shadowRoot.querySelector('[part=text]').textContent")
        .await;
}

async fn has_banner(browser: &Browser) -> bool {
    browser.evaluate("Boolean(document.querySelector('fingerpost-banner'))").await == true
}

async fn click_banner(browser: &Browser, part: &str) {
    let button =
        format!("document.querySelector('fingerpost-banner').shadowRoot.querySelector('[part~={part}]')");
    run(browser, &format!("{button}.click()")).await;
}

/// Requests a fragment through htmx, and waits for the response.
async fn get_fragment(browser: &Browser) {
    run(browser, "document.querySelector('#target').replaceChildren()").await;
    browser.click("#get").await;
    browser.until("document.querySelector('#response')").await;
}

/// Waits until the script has requested the version endpoint this many times and has handled the responses.
async fn wait_for_checks(browser: &Browser, site: &Site, times: usize) {
    browser
        .until(&format!(
            "performance.getEntriesByName('{}').length === {times}",
            site.url("/_fingerpost/version")
        ))
        .await;
    // The script may handle the response just after the browser records the request.
    run(browser, "await new Promise((resolve) => setTimeout(resolve, 50))").await;
    assert!(site.checks() >= times);
}
