//! Tests of reloads and scopes.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
};

use fingerpost::{Assets, manifest::Digest};

use crate::{
    pages::{Render, pages},
    site::{CONTENT, HASH, Site, hash},
};

fn site(engine: &dyn Fn(&Assets) -> Render) -> (Site, Assets, Render) {
    let site = Site::with_files(&["a.css", "gone.css"]);
    let assets = site.production().app_version("").build().unwrap();
    let render = engine(&assets);
    (site, assets, render)
}

/// Returns the output of every page. Pages with URLs are rendered for a path with a prebuilt value, and for the same
/// path with a fragment, which has no prebuilt value.
fn rendered(render: &Render) -> String {
    let calls = pages().flat_map(|page| {
        let paths = if page.is_integrity() { &["a.css"][..] } else { &["a.css", "a.css#f"] };
        paths.iter().map(|path| render(&page.name, path).unwrap()).collect::<Vec<_>>()
    });
    calls.chain([render("version.html", "").unwrap()]).collect::<Vec<_>>().join(" ")
}

/// Returns the expected value of [`rendered`] if all files have this content.
fn expected(assets: &Assets, content: &str) -> String {
    let url = format!("/static/a.{}.css", hash(content));
    let integrity = Digest::from_content(content.as_bytes()).integrity();
    let calls = pages().map(|page| match page.is_integrity() {
        true => integrity.clone(),
        false => format!("{url} {url}#f"),
    });
    calls.chain([assets.app_version().to_string()]).collect::<Vec<_>>().join(" ")
}

/// A render after a reload uses the new release.
pub fn next_page_after_reload_uses_the_new_release(engine: &dyn Fn(&Assets) -> Render) {
    let (site, assets, render) = site(engine);
    assert_eq!(rendered(&render), expected(&assets, CONTENT));
    for content in ["two", "three", CONTENT] {
        let before = rendered(&render);
        site.publish(&["0.css", "a.css"], content);
        assert_eq!(rendered(&render), before, "a release is used only after a reload");
        assets.reload().unwrap();
        assert_eq!(rendered(&render), expected(&assets, content));
    }
    let err = render("static.html", "gone.css").unwrap_err();
    assert!(err.contains("asset `gone.css` was not found"), "{err}");
}

/// A reload applies to all clones. A failed reload does not change the release.
pub fn reload_of_a_clone_takes_effect_and_a_failed_reload_changes_nothing(
    engine: &dyn Fn(&Assets) -> Render,
) {
    let (site, assets, render) = site(engine);
    site.publish(&["a.css"], "two");
    assets.clone().reload().unwrap();
    assert_eq!(rendered(&render), expected(&assets, "two"));
    site.publish(&["a.css"], "three");
    site.break_manifest();
    assert!(assets.reload().is_err());
    assert_eq!(rendered(&render), expected(&assets, "two"));
    site.publish(&["a.css"], "three");
    assets.reload().unwrap();
    assert_eq!(rendered(&render), expected(&assets, "three"));
}

/// Scopes can be nested. Each scope has its own release.
pub fn scope_pins_all_helpers_across_two_reloads(engine: &dyn Fn(&Assets) -> Render) {
    let (site, assets, render) = site(engine);
    let one = assets.snapshot();
    let first = expected(&assets, CONTENT);
    site.publish(&["0.css", "a.css"], "two");
    let two = assets.reload().unwrap();
    let second = expected(&assets, "two");
    site.publish(&["a.css"], "three");
    assets.reload().unwrap();
    let third = expected(&assets, "three");
    assert!(first != second && second != third);
    // The first rendering is in an older scope, before any value of the newest release is cached.
    for _ in 0..2 {
        assert_eq!(one.scope(|| rendered(&render)), first);
        assert_eq!(two.scope(|| rendered(&render)), second);
        assert_eq!(rendered(&render), third);
        assert_eq!(two.scope(|| one.scope(|| rendered(&render))), first);
        assert_eq!(two.scope(|| one.scope(String::new) + &rendered(&render)), second);
    }
    for name in ["static.html", "static-filter.html"] {
        assert_eq!(one.scope(|| render(name, "gone.css")).unwrap(), format!("/static/gone.{HASH}.css"));
        assert!(two.scope(|| render(name, "gone.css")).is_err());
    }
}

/// A scope has no effect on other `Assets`.
pub fn scope_of_other_assets_is_ignored(engine: &dyn Fn(&Assets) -> Render) {
    let ((site, assets, render), (_other_site, other, other_render)) = (site(engine), site(engine));
    let (old, other_old) = (assets.snapshot(), other.snapshot());
    let first = expected(&assets, CONTENT);
    site.publish(&["a.css"], "two");
    assets.reload().unwrap();
    let second = expected(&assets, "two");
    assert_eq!(other_old.scope(|| rendered(&render)), second);
    assert_eq!(old.scope(|| other_old.scope(|| rendered(&render))), first);
    assert_eq!(old.scope(|| rendered(&other_render)), expected(&other, CONTENT));
}

/// In development, a URL in a scope has the hash of the current content.
pub fn scope_in_development_pins_only_the_version(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["a.css"]);
    let assets = site.development().build().unwrap();
    let render = engine(&assets);
    assets.snapshot().scope(|| {
        for content in [CONTENT, "changed"] {
            site.publish(&["a.css"], content);
            for name in ["static.html", "static-filter.html"] {
                assert_eq!(render(name, "a.css").unwrap(), format!("/static/a.css?v={}", hash(content)));
            }
        }
        assert_eq!(render("version.html", "").unwrap(), "v7");
    });
}

/// Two threads render while a third thread reloads.
pub fn page_in_a_scope_never_mixes_releases(engine: &dyn Fn(&Assets) -> Render) {
    let (site, assets, render) = site(engine);
    let (done, rendered_pages) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    assets.snapshot().scope(|| {
                        let first = render("static.html", "a.css").unwrap();
                        for (name, path) in
                            [("static-filter.html", "a.css"), ("static.html", "a.css#")].repeat(5)
                        {
                            assert_eq!(render(name, path).unwrap().trim_end_matches('#'), first);
                        }
                    });
                    rendered_pages.fetch_add(1, Relaxed);
                }
            });
        }
        for release in 0..50 {
            site.publish(&["a.css"], &release.to_string());
            assets.reload().unwrap();
        }
        while rendered_pages.load(Relaxed) < 8 {
            thread::yield_now();
        }
        done.store(true, Relaxed);
    });
    assert_eq!(render("static.html", "a.css").unwrap(), format!("/static/a.{}.css", hash("49")));
}
