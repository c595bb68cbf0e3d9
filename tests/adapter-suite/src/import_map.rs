//! Tests of the function `static_importmap`.

use fingerpost::Assets;

use crate::{pages::Render, site::Site};

/// Every template renders the import map of the core unchanged. Only the nonce is escaped.
pub fn import_map_is_written_with_an_escaped_nonce(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["js/a.js"]);
    let name = "</script><b>&\"'";
    for assets in site.in_both_modes(|assets| assets.import(name, "js/a.js").import("lit/", "js/")) {
        let (render, snapshot) = (engine(&assets), assets.snapshot());
        let without = render("importmap.html", "").unwrap();
        assert_eq!(without, snapshot.importmap().unwrap());
        assert!(without.starts_with("<script type=\"importmap\">{\"imports\":{\""), "{without}");
        assert!(without.contains(r#""\u003c/script>\u003cb>&\"'":"/static/js/a."#), "{without}");
        for nonce in ["", "rAnd0m+/=", "\" onload=\"alert(1)", "</script>", "<!--", "&amp;", "'\0"] {
            let expected = snapshot.importmap_with_nonce(nonce).unwrap();
            assert_eq!(render("importmap-nonce.html", nonce).unwrap(), expected, "{nonce}");
            // `Render` decodes `&amp;` in text pages of some engines.
            if !nonce.contains('&') {
                assert_eq!(render("importmap-nonce.txt", nonce).unwrap(), expected, "{nonce}");
            }
        }
    }
}

/// Without a map, the function returns an empty string. The error for an unknown asset contains the name from the
/// import map.
pub fn import_map_is_empty_without_names_and_an_error_for_unknown_assets(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["js/a.js"]);
    for assets in site.in_both_modes(|assets| assets) {
        assert_eq!(engine(&assets)("importmap-nonce.html", "x").unwrap(), "");
    }
    for assets in site.in_both_modes(|assets| assets.import("a", "js/b.js")) {
        let err = engine(&assets)("importmap.html", "").unwrap_err();
        assert!(err.contains("import `a`: asset `js/b.js` was not found in "), "{err}");
        assert!(err.contains("(did you mean `js/a.js`?)"), "{err}");
    }
}

/// Inside `Snapshot::scope`, a page has the import map of the snapshot.
pub fn import_map_belongs_to_the_scoped_snapshot(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["a.js"]);
    let assets = site.production().import("a", "a.js").build().unwrap();
    let render = engine(&assets);
    let page = || render("importmap.html", "").unwrap();
    let (first, snapshot) = (page(), assets.snapshot());
    site.publish(&["a.js"], "changed");
    assets.reload().unwrap();
    assert_ne!(page(), first);
    assert_eq!(snapshot.scope(page), first);
}
