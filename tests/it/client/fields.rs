//! Tests that a reload never discards input.

use std::env;

use fantoccini::key::Key;
use fingerpost_tower::OnMismatch;
use http::StatusCode;

use super::{Site, click_banner, get_fragment, has_banner, open, run, wait_for_banner, wait_for_page};

use crate::tools::Browser;

pub(super) async fn partially_filled_form_causes_a_banner_instead_of_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    browser.write("textarea", "half a comment").await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('textarea').value").await, "half a comment");
    assert_eq!(
        browser.evaluate("document.activeElement.id").await,
        "get",
        "the banner does not move the focus"
    );
    assert_eq!(site.loads(), ["/"]);

    click_banner(browser, "reload").await;
    wait_for_page(browser, "/", "two").await;
    assert_eq!(site.loads(), ["/"; 2]);
}

pub(super) async fn form_returned_with_validation_errors_blocks_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.write("textarea", "short").await;
    browser.click("#comment button").await;
    browser.until("document.querySelector('#comment #response')").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('textarea').defaultValue").await, "short");
    assert_eq!(site.loads(), ["/"]);
}

/// Adds a form to the page, changes and submits the form, and waits for the response, which contains `back`.
async fn send(browser: &Browser, site: &Site, fields: &str, change: &str, back: &str) {
    let form = |fields: &str| format!("<form id=survey hx-post=/survey hx-swap=outerHTML>{fields}</form>");
    site.respond_with("/survey", StatusCode::OK, "text/html", &form(&format!("<p id=back>{back}")));
    let add = "document.body.insertAdjacentHTML('beforeend',";
    run(browser, &format!("{add} `{}`); htmx.process(document.body)", form(fields))).await;
    run(browser, &format!("{change}; survey.requestSubmit()")).await;
    browser.until("document.querySelector('#back')").await;
}

pub(super) async fn choices_returned_with_validation_errors_block_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    let forms = [
        (
            "<input type=radio name=r value=a><input type=radio name=r value=b id=b>",
            "b.click()",
            "<input type=radio name=r value=a><input type=radio name=r value=b checked>",
        ),
        ("<input type=checkbox name=c id=c checked>", "c.click()", "<input type=checkbox name=c>"),
        (
            "<select name=s id=s><option>x<option>y</select>",
            "s.value = 'y'; s.dispatchEvent(new Event('input', { bubbles: true }))",
            "<select name=s><option>x<option selected>y</select>",
        ),
    ];
    for (n, (fields, change, back)) in forms.into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        send(browser, site, fields, change, back).await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        browser.click("#get").await;
        wait_for_banner(browser).await;
    }
    assert_eq!(site.loads(), ["/"; 3]);
}

pub(super) async fn only_last_sent_values_and_no_passwords_are_remembered(
    browser: &mut Browser,
    site: &Site,
) {
    let forms = [
        // Passwords are never remembered.
        (
            "<input type=password name=p id=p>",
            "p.value = 'secret'",
            "<input type=password name=p value=secret>",
        ),
        // Only the value sent last is remembered for each name.
        (
            "<textarea name=t id=t></textarea>",
            "t.value = 'first'; await fingerpost.fetch('/sent', { method: 'POST' }); t.value = 'last'",
            "<textarea name=t>first</textarea>",
        ),
    ];
    for (n, (fields, change, back)) in forms.into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        run(browser, "sessionStorage.clear()").await;
        send(browser, site, fields, change, back).await;
        let new = format!("b{n}");
        site.deploy(&new, OnMismatch::Reload);
        browser.click("#get").await;
        wait_for_page(browser, "/", &new).await;
    }
}

pub(super) async fn navigation_discards_remembered_sent_values(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.write("textarea", "short").await;
    browser.click("#comment button").await;
    browser.until("document.querySelector('#comment #response')").await;
    let page = "<button id=get hx-get=/fragment hx-target=#target>Get</button><div id=target></div>
        <textarea name=text>short</textarea>";
    site.respond_with("/next", StatusCode::OK, "text/html", page);
    browser.click("#boosted").await;
    browser.until("!document.querySelector('h1')").await;
    site.recover("/next");
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/next", "two").await;
}

pub(super) async fn text_that_an_editor_moves_out_of_a_field_blocks_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    let editor = "const field = document.querySelector('textarea');
        field.addEventListener('input', () => {
            document.querySelector('#target').append(field.value);
            field.value = '';
        })";
    run(browser, editor).await;
    browser.write("textarea", "an hour of work").await;
    assert_eq!(browser.evaluate("document.querySelector('#target').textContent").await, "an hour of work");
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
}

pub(super) async fn text_that_was_sent_and_cleared_does_not_block_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    browser.write("textarea", "hello").await;
    let send =
        "await fingerpost.fetch('/sent', { method: 'POST' }); document.querySelector('#comment').reset()";
    run(browser, send).await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
}

pub(super) async fn unchanged_fields_do_not_block_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/fields").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    browser.until("window.fingerpost?.version === 'two'").await;
    assert_eq!(site.loads(), ["/fields"; 2]);
}

/// A script that resets all fields and the record of reloads. The script also records and cancels the action on a
/// version mismatch.
const RESET: &str = "form.reset();
    document.querySelector('#textarea').dispatchEvent(new Event('input', { bubbles: true }));
    for (const field of document.querySelectorAll('#elsewhere, #reset')) field.value = 'first';
    document.querySelector('#editable').textContent = 'first';
    document.querySelector('#host').shadowRoot.firstChild.value = '';
    document.querySelector('#choice-host').shadowRoot.firstChild.checked = false;
    sessionStorage.clear();
    window.action = undefined;
    document.addEventListener('fingerpost:version-mismatch', (event) => {
        event.preventDefault();
        window.action = event.detail.action;
    })";

pub(super) async fn every_kind_of_changed_field_blocks_a_reload(browser: &mut Browser, site: &Site) {
    let file = env::current_exe().expect("a file");
    let (left, down) = (Key::Left.to_string(), Key::Down.to_string());
    let changes = [
        ("#text", "x"),
        ("#email", "x"),
        ("#number", "1"),
        ("#password", "x"),
        ("#textarea", "x"),
        ("#elsewhere", "x"),
        ("#reset", "x"),
        ("#editable", "x"),
        ("#host", "x"),
        ("#choice-host", " "),
        ("#range", &left),
        ("#date", "2"),
        ("#checkbox", " "),
        ("#radio-b", " "),
        ("#select", &down),
        ("#selected", &down),
        ("#grouped", &down),
        ("#listbox", &down),
        ("#multiple", &down),
        ("#file", file.to_str().expect("a path in UTF-8")),
        ("#submit", &down),
    ];
    open(browser, site, "/fields").await;
    let mut undetected = Vec::new();
    for (n, (selector, keys)) in changes.into_iter().enumerate() {
        run(browser, RESET).await;
        browser.write(selector, keys).await;
        site.deploy(&format!("two.{n}"), OnMismatch::Reload);
        run(browser, "document.querySelector('#get').click()").await;
        browser.until("window.action").await;
        if browser.evaluate("action").await == "reload" {
            undetected.push(selector);
        }
    }
    // A key does not change the value of a submit button.
    assert_eq!(undetected, ["#submit"]);
}

pub(super) async fn reverted_input_does_not_block_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/fields").await;
    for selector in ["#text", "#editable", "#host"] {
        browser.write(selector, &format!("x{}", char::from(Key::Backspace))).await;
    }
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    browser.until("window.fingerpost?.version === 'two'").await;
    assert_eq!(site.loads(), ["/fields"; 2]);
    assert!(!has_banner(browser).await);
}

pub(super) async fn page_prompts_if_session_storage_fails(browser: &mut Browser, site: &Site) {
    for (n, broken) in ["getItem", "setItem"].into_iter().enumerate() {
        site.deploy(&format!("a{n}"), OnMismatch::Reload);
        open(browser, site, "/").await;
        let breaks = format!("Storage.prototype.{broken} = () => {{ throw new DOMException('no') }}");
        run(browser, &breaks).await;
        site.deploy(&format!("b{n}"), OnMismatch::Reload);
        browser.click("#get").await;
        wait_for_banner(browser).await;
    }
    assert_eq!(site.loads().len(), 2);
}

/// React sets the `defaultValue` of a field to the current value.
pub(super) async fn input_with_a_script_that_changes_the_initial_state_blocks_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/").await;
    let control =
        "document.querySelector('textarea').oninput = ({ target }) => (target.defaultValue = target.value)";
    run(browser, control).await;
    browser.write("textarea", "half a comment").await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/"]);
}

/// Only the event `input` tells of a date that the visitor has chosen in the calendar of the browser.
pub(super) async fn chosen_date_with_a_script_that_changes_the_initial_state_blocks_a_reload(
    browser: &mut Browser,
    site: &Site,
) {
    open(browser, site, "/fields").await;
    let choose = "const date = document.querySelector('#date'); date.focus(); date.value = '2026-01-02';
        date.defaultValue = date.value; date.dispatchEvent(new Event('input', { bubbles: true }))";
    run(browser, choose).await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/fields"]);
}

/// A choice in a form often requests the form again, with other fields for the choice.
pub(super) async fn form_requested_again_with_its_values_blocks_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    browser.write("textarea", "half a comment").await;
    let form = "<form id=comment><p id=back><textarea name=text>half a comment</textarea></form>";
    site.respond_with("/comment", StatusCode::OK, "text/html", form);
    run(browser, "await htmx.ajax('GET', '/comment', { target: '#comment', swap: 'outerHTML' })").await;
    browser.until("document.querySelector('#back')").await;
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_banner(browser).await;
    assert_eq!(browser.evaluate("document.querySelector('textarea').value").await, "half a comment");
    assert_eq!(site.loads(), ["/"]);
}

pub(super) async fn editable_element_with_options_blocks_a_reload(browser: &mut Browser, site: &Site) {
    open(browser, site, "/fields").await;
    run(browser, "document.querySelector('#editable').options = { spelling: true }").await;
    browser.write("#editable", "more").await;
    site.deploy("two", OnMismatch::Reload);
    get_fragment(browser).await;
    wait_for_banner(browser).await;
    assert_eq!(site.loads(), ["/fields"]);
}

/// Elements of SVG and MathML with the names of form fields are no form fields.
pub(super) async fn foreign_elements_named_like_fields_have_no_effect(browser: &mut Browser, site: &Site) {
    open(browser, site, "/").await;
    run(
        browser,
        "document.body.insertAdjacentHTML('beforeend', '<svg><input/><select/></svg><math><select/></math>')",
    )
    .await;
    assert_eq!(
        run(browser, "return (await fingerpost.fetch('/sent', { method: 'POST' })).status").await,
        200
    );
    site.deploy("two", OnMismatch::Reload);
    browser.click("#get").await;
    wait_for_page(browser, "/", "two").await;
}
