//! Tests with invalid asset paths and missing assets.

use fingerpost::{Assets, OnMissing};

use crate::{
    pages::{Render, pages},
    site::Site,
};

/// The error of every helper contains the message of the core.
pub fn invalid_asset_path_is_an_error_with_the_reason(engine: &dyn Fn(&Assets) -> Render) {
    for assets in Site::with_files(&["css/app.css"]).in_both_modes(|assets| assets) {
        let render = engine(&assets);
        for (path, text) in [
            ("../secret", "path `../secret` leaves the asset directory"),
            ("", "path `` is empty"),
            ("css\\app.css", "path `css\\app.css` contains a backslash; write `css/app.css`"),
            ("./css/app.css", "path `./css/app.css` has a `.` segment; write `css/app.css`"),
            ("a\0b", "path `a\\0b` contains a NUL byte"),
            (
                "javascript:alert(1)",
                "path `javascript:alert(1)` has a scheme (`javascript`); an asset path is relative to the asset \
                 directory",
            ),
        ] {
            for page in pages() {
                let err = render(&page.name, path).unwrap_err();
                assert!(err.contains(text), "{}: {err}", page.name);
            }
        }
        let err = render("static.html", "/static/css/app.css").unwrap_err();
        let advice = "the base URL `/static/` is added automatically; write `css/app.css`";
        assert!(err.contains(advice), "{err}");
    }
}

/// With [`OnMissing::Plain`], the URL has no hash, and the integrity is an error.
pub fn unknown_asset_with_plain_policy_has_a_url_and_no_integrity(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["a.css"]);
    for assets in
        site.in_both_modes(|assets| assets.on_missing(OnMissing::Plain).origin("https://example.com"))
    {
        let render = engine(&assets);
        for page in pages() {
            match render(&page.name, "b.css") {
                Err(err) if page.is_integrity() => {
                    assert!(err.contains("asset `b.css` was not found in `"), "{err}");
                }
                url => {
                    let origin = if page.helper == "static_url" { "https://example.com" } else { "" };
                    assert_eq!(url.unwrap(), format!("{origin}/static/b.css"), "{}", page.name);
                }
            }
        }
    }
}
