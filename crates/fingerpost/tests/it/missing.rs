//! Unknown asset paths.

use fingerpost::{__private::Prebuilt, ErrorKind, OnMissing, manifest::MANIFEST_NAME};

use crate::support::{Dir, Memory, Site, dev, production, warnings};

/// Returns the error for an unknown path, without the searched location. Checks that both modes return the same error.
#[track_caller]
fn unknown_path_error(site: &Site, written: &str) -> String {
    let locations = [site.source.as_ref().to_owned(), site.output.path(MANIFEST_NAME)];
    let messages = site.in_both_modes().into_iter().zip(locations).map(|((mode, assets), location)| {
        let err = assets.url(written).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::NotFound, "{mode}");
        let text = err.to_string();
        assert_eq!(assets.absolute_url(written).unwrap_err().to_string(), text);
        assert_eq!(assets.integrity(written).unwrap_err().to_string(), text);
        let location = format!(" in `{}`", location.display());
        assert!(text.contains(&location), "{text}");
        text.replacen(&location, "", 1)
    });
    let messages: Vec<_> = messages.collect();
    assert_eq!(messages[0], messages[1]);
    messages[0].clone()
}

#[test]
fn unknown_asset_is_an_error_with_location_and_suggestions() {
    let site = Site::with_paths(&["css/app.css", "css/apps.css", "js/app.js", "img/logo.svg"]);
    for (written, expected) in [
        ("css/ap.css", "asset `css/ap.css` was not found (did you mean `css/app.css` or `css/apps.css`?)"),
        (
            "/css/ap.css?x#f",
            "asset `css/ap.css` was not found (did you mean `css/app.css` or `css/apps.css`?)",
        ),
        ("logo.svg", "asset `logo.svg` was not found (did you mean `img/logo.svg`?)"),
        ("lib/jquery.min.js", "asset `lib/jquery.min.js` was not found"),
        ("css", "asset `css` was not found"),
    ] {
        assert_eq!(unknown_path_error(&site, written), expected);
    }
}

#[test]
fn path_with_the_base_url_prefix_gets_a_hint() {
    let site = Site::with_paths(&["css/app.css"]);
    for written in ["static/css/app.css", "/static/css/app.css"] {
        assert_eq!(
            unknown_path_error(&site, written),
            "asset `static/css/app.css` was not found: the base URL `/static/` is added automatically; \
             write `css/app.css`"
        );
    }
    assert_eq!(unknown_path_error(&site, "static"), "asset `static` was not found");
    let at_the_root = dev(&site.source).base_url("/").build().unwrap();
    assert!(!at_the_root.url("css/ap.css").unwrap_err().to_string().contains("base URL"));
}

#[test]
fn source_dir_may_contain_a_directory_named_like_the_base_url() {
    let site = Site::with_paths(&["static/a.css"]);
    for (mode, assets) in site.in_both_modes() {
        assert!(assets.url("static/a.css").unwrap().starts_with("/static/static/a."), "{mode}");
    }
}

#[test]
fn long_names_get_no_suggestions() {
    let long = format!("{}.css", "a".repeat(197));
    let site = Site::with_paths(&[&long]);
    assert!(unknown_path_error(&site, &format!("{}.css", "a".repeat(196))).contains("did you mean"));
    assert!(!unknown_path_error(&site, &format!("{}b.css", "a".repeat(197))).contains("did you mean"));
}

#[test]
fn error_names_every_searched_source_dir() {
    let (one, two) = (Dir::new(), Dir::new());
    let assets = dev(&one).source_at("vendor", &two).build().unwrap();
    assert_eq!(
        assets.url("a.css").unwrap_err().to_string(),
        format!(
            "asset `a.css` was not found in `{}`, `vendor={}`",
            one.as_ref().display(),
            two.as_ref().display()
        )
    );
}

#[test]
fn control_characters_in_names_are_escaped_in_errors_and_logs() {
    let site = Site::with_paths(&["a.css"]);
    for name in ["x\n12:00 ERROR all is lost", "static/x\n12:00 ERROR", "a\u{1b}[2J", "a\u{202e}ssc", "a\rb"]
    {
        for (mode, assets) in site.in_both_modes() {
            let text = assets.url(name).unwrap_err().to_string();
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{mode}: {text:?}");
        }
    }
    for (mode, assets) in site.in_both_modes() {
        let text = assets.url(&format!("static/{}", "x".repeat(4_000))).unwrap_err().to_string();
        assert!(text.len() < 1_500, "{mode}: {text}");
    }
}

#[test]
fn missing_asset_with_plain_policy_gets_an_unhashed_url_and_one_warning_per_path() {
    let site = Site::with_paths(&["css/app.css"]);
    for mode in [dev(&site.source), production(&site.output)] {
        let assets = mode.on_missing(OnMissing::Plain).origin("https://example.com").build().unwrap();
        let warned = warnings(|| {
            assert_eq!(assets.url("css/ap.css").unwrap(), "/static/css/ap.css");
            assert_eq!(assets.url("/css/ap.css?x=1#f").unwrap(), "/static/css/ap.css?x=1#f");
            let absolute = assets.absolute_url("css/ap.css").unwrap();
            assert_eq!(absolute, "https://example.com/static/css/ap.css");
            assert_eq!(assets.url("⊗/<b>.css").unwrap(), "/static/%E2%8A%97/%3Cb%3E.css");
            assert!(assets.url("css/app.css").is_ok());
            assert_eq!(Prebuilt::new(&assets, |url| url.len()).get("css/ap.css", |len| *len).unwrap(), 18);
        });
        assert_eq!(warned.len(), 2, "{warned:#?}");
        assert!(warned[0].starts_with("asset `css/ap.css` was not found in "), "{warned:#?}");
        assert!(warned[0].ends_with(" (did you mean `css/app.css`?); using the unhashed URL"), "{warned:#?}");
        assert_eq!(assets.url("../a.css").unwrap_err().kind(), ErrorKind::InvalidPath);
        assert_eq!(assets.integrity("css/ap.css").unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn warnings_about_many_unknown_names_end_in_one_summary() {
    let assets =
        production(&Dir::new()).store(Memory::with_paths(&[])).on_missing(OnMissing::Plain).build().unwrap();
    let warned = warnings(|| {
        for i in (0..3_000).chain(0..3_000) {
            assert_eq!(assets.url(&format!("{i}.css")).unwrap(), *format!("/static/{i}.css"));
        }
    });
    assert_eq!(warned.len(), 1_001);
    assert!(warned[999].starts_with("asset `999.css`"), "{}", warned[999]);
    assert_eq!(warned[1_000], "1000 unknown assets were reported; further unknown assets are not reported");
}
