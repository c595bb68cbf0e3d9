//! Releases that come while pages are rendered.

use std::thread;

use fingerpost::Assets;
use minijinja::Environment;

use crate::support::{HASH, Site, environment, hash, render_error};

/// Every helper, once with a value that is made beforehand and once with one that is made at the call.
const PAGE: &str = "{{ static('a.css') }} {{ 'a.css' | static }} {{ static('a.css#f') }} {{ 'a.css#f' | static }} \
    {{ static_url('a.css') }} {{ 'a.css' | static_url }} {{ static_integrity('a.css') }} \
    {{ 'a.css' | static_integrity }} {{ app_version() }}";

/// What [`PAGE`] is when all files hold `content`.
fn expected_page(assets: &Assets, content: &str) -> String {
    let url = format!("/static/a.{}.css", hash(content));
    let integrity = fingerpost::manifest::Digest::from_content(content.as_bytes()).integrity();
    let version = assets.app_version();
    format!("{url} {url} {url}#f {url}#f {url} {url} {integrity} {integrity} {version}")
}

fn site() -> (Site, Assets, Environment<'static>) {
    let site = Site::with_files(&["a.css", "gone.css"]);
    let assets = site.production().app_version("").build().unwrap();
    let mut env = environment(&assets);
    env.add_template("page.html", PAGE).unwrap();
    env.add_template("page.txt", PAGE).unwrap();
    env.add_template("gone.html", "{{ static('gone.css') }} {{ 'gone.css' | static }}").unwrap();
    (site, assets, env)
}

#[track_caller]
fn render(env: &Environment<'_>, name: &str) -> String {
    env.get_template(name).unwrap().render(()).unwrap()
}

#[test]
fn next_page_after_reload_uses_the_new_release() {
    let (site, assets, env) = site();
    let template = env.get_template("page.html").unwrap();
    assert_eq!(template.render(()).unwrap(), expected_page(&assets, "body{}"));
    for content in ["two", "three", "body{}"] {
        let before = template.render(()).unwrap();
        site.publish(&["0.css", "a.css"], content);
        assert_eq!(template.render(()).unwrap(), before, "nothing is read before a reload");
        assets.reload().unwrap();
        for name in ["page.html", "page.txt"] {
            assert_eq!(render(&env, name), expected_page(&assets, content));
        }
        assert_eq!(template.render(()).unwrap(), expected_page(&assets, content));
    }
    let err = render_error(&env, "page.html", "{{ static('gone.css') }}", ().into());
    assert!(err.to_string().contains("asset `gone.css` was not found"), "{err}");
}

#[test]
fn reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing() {
    let (site, assets, env) = site();
    site.publish(&["a.css"], "two");
    assets.clone().reload().unwrap();
    assert_eq!(render(&env, "page.html"), expected_page(&assets, "two"));
    site.publish(&["a.css"], "three");
    site.break_manifest();
    assert!(assets.reload().is_err());
    assert_eq!(render(&env, "page.html"), expected_page(&assets, "two"));
    site.publish(&["a.css"], "three");
    assets.reload().unwrap();
    assert_eq!(render(&env, "page.html"), expected_page(&assets, "three"));
}

#[test]
fn scope_pins_functions_and_filters_across_two_reloads() {
    let (site, assets, env) = site();
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
            assert_eq!(one.scope(|| render(&env, name)), first);
            assert_eq!(two.scope(|| render(&env, name)), second);
            assert_eq!(render(&env, name), third);
            assert_eq!(two.scope(|| one.scope(|| render(&env, name))), first);
            assert_eq!(two.scope(|| one.scope(String::new) + &render(&env, name)), second);
        }
    }
    let gone = format!("/static/gone.{}.css", HASH);
    assert_eq!(one.scope(|| render(&env, "gone.html")), format!("{gone} {gone}"));
    assert!(two.scope(|| env.get_template("gone.html").unwrap().render(()).is_err()));
    // A URL in an older scope is marked safe as every other is.
    let page = one.scope(|| env.render_named_str("page.html", "{{ static('a.css') }}", ()).unwrap());
    assert!(page.starts_with("/static/"), "{page}");
}

#[test]
fn scope_of_other_assets_is_ignored() {
    let ((site, assets, env), (_other_site, other, other_env)) = (site(), site());
    let (old, other_old) = (assets.snapshot(), other.snapshot());
    let first = expected_page(&assets, "body{}");
    site.publish(&["a.css"], "two");
    assets.reload().unwrap();
    let second = expected_page(&assets, "two");
    assert_eq!(other_old.scope(|| render(&env, "page.html")), second);
    assert_eq!(old.scope(|| other_old.scope(|| render(&env, "page.html"))), first);
    assert_eq!(old.scope(|| render(&other_env, "page.html")), expected_page(&other, "body{}"));
}

#[test]
fn scope_in_development_pins_only_the_version() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.development().build().unwrap();
    let mut env = environment(&assets);
    env.add_template("page.html", "{{ static('a.css') }} {{ 'a.css' | static }} {{ app_version() }}")
        .unwrap();
    let page = |content: &str| format!("/static/a.css?v={0} /static/a.css?v={0} v7", hash(content));
    assets.snapshot().scope(|| {
        assert_eq!(render(&env, "page.html"), page("body{}"));
        site.publish(&["a.css"], "changed");
        assert_eq!(render(&env, "page.html"), page("changed"));
    });
}

#[test]
fn page_in_a_scope_never_mixes_releases() {
    let (site, assets, mut env) = site();
    let source = "{% for i in range(10) %}{{ static('a.css') }} {{ 'a.css' | static }} {{ static('a.css#') }} {% endfor %}";
    env.add_template("many.html", source).unwrap();
    let page = || {
        let page = assets.snapshot().scope(|| render(&env, "many.html"));
        let mut urls = page.split_whitespace().map(|url| url.trim_end_matches('#'));
        let first = urls.next().unwrap();
        assert!(urls.all(|url| url == first), "{page}");
    };
    let mut release = 0;
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| scope.spawn(|| (0..100).for_each(|_| page())));
        while !readers.iter().all(thread::ScopedJoinHandle::is_finished) {
            release += 1;
            site.publish(&["a.css"], &release.to_string());
            assets.reload().unwrap();
        }
    });
    let url = format!("/static/a.{}.css ", hash(&release.to_string()));
    assert!(render(&env, "many.html").starts_with(&url));
}
