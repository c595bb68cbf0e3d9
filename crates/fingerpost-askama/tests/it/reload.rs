//! Pages while releases change.

use std::sync::{
    Barrier,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use askama::Template;
use fingerpost_askama::{StaticHelpers as _, filters, values};

use crate::support::{Site, hashed_path, page, release};

#[derive(Template)]
#[template(
    source = r#"{{ static("css/app.css") }} {{ "css/app.css"|static }} {{ static("css/app.css") }}"#,
    ext = "html"
)]
struct Page;

#[derive(Template)]
#[template(source = r#"{{ app_version() }} {{ static_integrity("css/app.css") }}"#, ext = "html")]
struct Rest;

fn expected_page(content: &str) -> String {
    let url = hashed_path(content);
    format!("{url} {url} {url}")
}

#[test]
fn next_render_after_reload_uses_the_new_release() {
    let (site, assets) = release("one");
    assert_eq!(page(&assets, &Page), expected_page("one"));
    site.publish(&["css/app.css"], "two");
    assert_eq!(page(&assets, &Page), expected_page("one"));
    assets.reload().unwrap();
    assert_eq!(page(&assets, &Page), expected_page("two"));
}

#[test]
fn next_render_in_development_uses_the_saved_file() {
    let site = Site::with_files(&["css/app.css"]);
    let assets = site.development().build().unwrap();
    let render = || page(&assets, &Page).split_once(' ').unwrap().0.to_owned();
    assert_eq!(render(), "/static/css/app.css?v=7c98040a5416");
    std::fs::write(site.source().join("css/app.css"), "changed").unwrap();
    let hash = fingerpost::manifest::ContentHash::from_content(b"changed");
    assert_eq!(render(), format!("/static/css/app.css?v={hash}"));
}

#[test]
fn scope_pins_all_helpers() {
    let (site, assets) = release("one");
    let before = assets.snapshot();
    site.publish(&["css/app.css"], "two");
    assets.reload().unwrap();
    let rest = |content: &str| {
        format!("v7 {}", fingerpost::manifest::Digest::from_content(content.as_bytes()).integrity())
    };
    assert_eq!((page(&assets, &Page), page(&assets, &Rest)), (expected_page("two"), rest("two")));
    before.scope(|| {
        assert_eq!((page(&assets, &Page), page(&assets, &Rest)), (expected_page("one"), rest("one")));
        assert_eq!((Page.render().unwrap(), Rest.render().unwrap()), (expected_page("one"), rest("one")));
    });
}

#[test]
fn page_in_a_scope_never_mixes_releases() {
    let (site, assets) = release("0");
    let (done, start) = (AtomicBool::new(false), Barrier::new(3));
    std::thread::scope(|scope| {
        for with_values in [true, false] {
            let (assets, done, start) = (&assets, &done, &start);
            scope.spawn(move || {
                start.wait();
                while !done.load(Relaxed) {
                    let page = assets.snapshot().scope(|| {
                        if with_values { Page.render_with_values(&values(assets)) } else { Page.render() }
                    });
                    let page = page.unwrap();
                    let mut urls = page.split(' ');
                    let first = urls.next().unwrap();
                    assert!(urls.all(|url| url == first), "{page}");
                }
            });
        }
        start.wait();
        for n in 1..=100 {
            site.publish(&["css/app.css"], &n.to_string());
            assets.reload().unwrap();
        }
        done.store(true, Relaxed);
    });
}
