//! Releases that come while pages are rendered.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
};

use fingerpost::Assets;

use crate::support::{Engine, HASH, Site, hash};

/// Every helper, once with a value that is made beforehand and once with one that is made at the call.
const PAGE: &str = "{{ static(path='a.css') }} {{ 'a.css' | static }} {{ static(path='a.css#f') }} \
    {{ 'a.css#f' | static }} {{ static_url(path='a.css') }} {{ 'a.css' | static_url }} \
    {{ static_integrity(path='a.css') }} {{ 'a.css' | static_integrity }} {{ app_version() }}";

each_major! {
    next_page_after_reload_uses_the_new_release
    reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing
    scope_pins_functions_and_filters_across_two_reloads
    scope_of_other_assets_is_ignored
    scope_in_development_pins_only_the_version
    page_in_a_scope_never_mixes_releases
}

/// What [`PAGE`] is when all files hold `content`.
fn expected_page(assets: &Assets, content: &str) -> String {
    let url = format!("/static/a.{}.css", hash(content));
    let integrity = fingerpost::manifest::Digest::from_content(content.as_bytes()).integrity();
    let version = assets.app_version();
    format!("{url} {url} {url}#f {url}#f {url} {url} {integrity} {integrity} {version}")
}

fn site<E: Engine>() -> (Site, Assets, E) {
    let site = Site::with_files(&["a.css", "gone.css"]);
    let assets = site.production().app_version("").build().unwrap();
    let gone = "{{ static(path='gone.css') }} {{ 'gone.css' | static }}";
    let engine = E::with_templates(&assets, &[("page.html", PAGE), ("page.txt", PAGE), ("gone.html", gone)]);
    (site, assets, engine)
}

fn next_page_after_reload_uses_the_new_release<E: Engine>() {
    let (site, assets, engine) = site::<E>();
    assert_eq!(engine.page("page.html"), expected_page(&assets, "body{}"));
    for content in ["two", "three", "body{}"] {
        let before = engine.page("page.html");
        site.publish(&["0.css", "a.css"], content);
        assert_eq!(engine.page("page.html"), before, "nothing is read before a reload");
        assets.reload().unwrap();
        for name in ["page.html", "page.txt"] {
            assert_eq!(engine.page(name), expected_page(&assets, content));
        }
    }
    let err = engine.render_with("gone.html", &[]).unwrap_err();
    assert!(err.contains("asset `gone.css` was not found"), "{err}");
}

fn reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing<E: Engine>() {
    let (site, assets, engine) = site::<E>();
    site.publish(&["a.css"], "two");
    assets.clone().reload().unwrap();
    assert_eq!(engine.page("page.html"), expected_page(&assets, "two"));
    site.break_manifest();
    assert!(assets.reload().is_err());
    assert_eq!(engine.page("page.html"), expected_page(&assets, "two"));
}

fn scope_pins_functions_and_filters_across_two_reloads<E: Engine>() {
    let (site, assets, engine) = site::<E>();
    let one = assets.snapshot();
    let first = expected_page(&assets, "body{}");
    site.publish(&["0.css", "a.css"], "two");
    let two = assets.reload().unwrap();
    let second = expected_page(&assets, "two");
    site.publish(&["a.css"], "three");
    assets.reload().unwrap();
    let third = expected_page(&assets, "three");
    assert!(first != second && second != third);
    // First in an older scope, before anything is made for the newest release.
    for _ in 0..2 {
        for name in ["page.html", "page.txt"] {
            assert_eq!(one.scope(|| engine.page(name)), first);
            assert_eq!(two.scope(|| engine.page(name)), second);
            assert_eq!(engine.page(name), third);
            assert_eq!(two.scope(|| one.scope(|| engine.page(name))), first);
            assert_eq!(two.scope(|| one.scope(String::new) + &engine.page(name)), second);
        }
    }
    let gone = format!("/static/gone.{HASH}.css");
    assert_eq!(one.scope(|| engine.page("gone.html")), format!("{gone} {gone}"));
    assert!(two.scope(|| engine.render_with("gone.html", &[])).is_err());
}

fn scope_of_other_assets_is_ignored<E: Engine>() {
    let ((site, assets, engine), (_other_site, other, other_engine)) = (self::site::<E>(), self::site::<E>());
    let (old, other_old) = (assets.snapshot(), other.snapshot());
    let first = expected_page(&assets, "body{}");
    site.publish(&["a.css"], "two");
    assets.reload().unwrap();
    let second = expected_page(&assets, "two");
    assert_eq!(other_old.scope(|| engine.page("page.html")), second);
    assert_eq!(old.scope(|| other_old.scope(|| engine.page("page.html"))), first);
    assert_eq!(old.scope(|| other_engine.page("page.html")), expected_page(&other, "body{}"));
}

fn scope_in_development_pins_only_the_version<E: Engine>() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.development().build().unwrap();
    let source = "{{ static(path='a.css') }} {{ 'a.css' | static }} {{ app_version() }}";
    let engine = E::with_templates(&assets, &[("page.html", source)]);
    let page = |content: &str| format!("/static/a.css?v={0} /static/a.css?v={0} v7", hash(content));
    assets.snapshot().scope(|| {
        assert_eq!(engine.page("page.html"), page("body{}"));
        site.publish(&["a.css"], "changed");
        assert_eq!(engine.page("page.html"), page("changed"));
    });
}

fn page_in_a_scope_never_mixes_releases<E: Engine>() {
    let (site, assets, mut engine) = site::<E>();
    let calls = "{{ static(path='a.css') }} {{ 'a.css' | static }} {{ 'a.css#' | static }} ";
    engine.add("many.html", &calls.repeat(10)).unwrap();
    let (done, pages) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    let page = assets.snapshot().scope(|| engine.page("many.html"));
                    let mut urls = page.split_whitespace().map(|url| url.trim_end_matches('#'));
                    let first = urls.next().unwrap();
                    assert!(urls.all(|url| url == first), "{page}");
                    pages.fetch_add(1, Relaxed);
                }
            });
        }
        for release in 0..50 {
            site.publish(&["a.css"], &release.to_string());
            assets.reload().unwrap();
        }
        while pages.load(Relaxed) < 8 {
            thread::yield_now();
        }
        done.store(true, Relaxed);
    });
    assert!(engine.page("many.html").starts_with(&format!("/static/a.{}.css ", hash("49"))));
}
