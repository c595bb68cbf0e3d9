//! Tests of the function `static_tags`.

use fingerpost::{Assets, AssetsBuilder};

use crate::{hostile::check_cases, hostile_path, pages::Render, site::Site};

/// The entries of the page with a nonce.
pub const ENTRIES: [&str; 2] = ["js/app.js", "css/app.css"];

const PATHS: [&str; 4] = ["js/app.js", "lib/shared.js", "css/app.css", "img/logo.svg"];

/// Creates a site in which `js/app.js` imports `lib/shared.js`.
fn site() -> Site {
    let site = Site::with_files(&PATHS);
    site.add_imports("js/app.js", &["lib/shared.js"]);
    site
}

fn in_both_modes(site: &Site) -> [Assets; 2] {
    site.in_both_modes(|assets: AssetsBuilder| assets)
}

/// Every template renders the tags of the core.
pub fn tags_are_written_without_escaping(engine: &dyn Fn(&Assets) -> Render) {
    let site = site();
    for (assets, count) in in_both_modes(&site).into_iter().zip([1, 2]) {
        let render = engine(&assets);
        for entry in ["js/app.js", "/js/app.js", "js/app.js?x=1&y=<2>"] {
            let tags = assets.tags(&[entry]).unwrap();
            assert_eq!(tags.lines().count(), count, "{tags}");
            assert!(tags.ends_with(" crossorigin></script>"), "{tags}");
            for page in ["tags.html", "tags.txt"] {
                assert_eq!(render(page, entry).unwrap(), tags, "{page}");
            }
        }
        let tags =
            assets.tags(&ENTRIES).unwrap().replace(" crossorigin>", " crossorigin nonce=\"r4nd+/0m==\">");
        assert_eq!(tags.lines().count(), count + 1, "{tags}");
        assert_eq!(render("tags-nonce.html", "r4nd+/0m==").unwrap(), tags);
    }
}

/// A nonce from user input cannot end its attribute.
pub fn nonce_in_tags_is_escaped(engine: &dyn Fn(&Assets) -> Render) {
    let site = site();
    for assets in in_both_modes(&site) {
        let render = engine(&assets);
        let markup = assets.tags(&ENTRIES).unwrap().matches(['<', '>', '"']).count();
        let count = assets.tags(&ENTRIES).unwrap().lines().count();
        check_cases(64, &hostile_path(), |nonce| {
            let page = render("tags-nonce.html", &nonce).unwrap();
            assert_eq!(page, assets.tags_with_nonce(&ENTRIES, &nonce).unwrap());
            // An empty nonce is omitted.
            let quotes = if nonce.is_empty() { 0 } else { 2 * count };
            assert_eq!(page.matches(['<', '>', '"']).count(), markup + quotes, "{page}");
        });
    }
}

/// The error contains the message of the core, with the definition of an entry.
pub fn invalid_entry_is_an_error_with_the_reason(engine: &dyn Fn(&Assets) -> Render) {
    let site = site();
    for assets in in_both_modes(&site) {
        let render = engine(&assets);
        for entry in ["js/ap.js", "img/logo.svg", "../a.js", ""] {
            let message = assets.tags(&[entry]).unwrap_err().to_string();
            for page in ["tags.html", "tags.txt"] {
                let err = render(page, entry).unwrap_err();
                assert!(err.contains(&message), "{entry}: {err}");
            }
        }
        let err = render("tags.html", "js/ap.js").unwrap_err();
        let text =
            "(did you mean `js/app.js`?); an entry is a script (`.js`, `.mjs`) or a style sheet (`.css`)";
        assert!(err.contains(text), "{err}");
    }
}

/// After a reload, a page has the tags of the new release. In a scope, a page has the tags of the release of the scope.
pub fn tags_after_reload_load_the_new_release(engine: &dyn Fn(&Assets) -> Render) {
    let site = site();
    let assets = site.production().build().unwrap();
    let render = engine(&assets);
    let page = || render("tags.html", "js/app.js").unwrap();
    let (first, snapshot) = (page(), assets.snapshot());
    site.publish(&PATHS, "changed");
    assert_eq!(page(), first);
    assets.reload().unwrap();
    let second = page();
    assert_eq!(second, assets.tags(&["js/app.js"]).unwrap());
    assert!(second != first && second.lines().count() == 1, "{second}");
    assert_eq!(snapshot.scope(page), first);
}
