use fingerpost::{Assets, Mode, OnMissing};

use super::{assert_rewritten, assert_unchanged, by_manifest, by_token, files};

#[test]
fn hashed_paths_are_inserted_once() {
    let snapshot = by_manifest("/static/");
    assert_rewritten(
        &snapshot,
        r#"<link href="/static/a.css?x=1#f">"#,
        r#"<link href="/static/a.H.css?x=1#f">"#,
    );
    assert_rewritten(
        &snapshot,
        "<img srcset='/static/img/a.png 1x'>",
        "<img srcset='/static/img/a.H.png 1x'>",
    );
    assert_unchanged(&snapshot, r#"<link href="/static/a.H.css?x=1#f">"#);
    assert_unchanged(&snapshot, r#"<link href="/static/a.css?v=1">"#);
}

#[test]
fn path_of_a_base_url_with_a_host_is_recognized() {
    let snapshot = by_manifest("https://cdn.example.com/static/");
    let hashed = r#"<link href="https://cdn.example.com/static/a.H.css">"#;
    for url in
        ["https://cdn.example.com/static/a.css", "HTTPS://CDN.example.com/static/a.css", "/static/a.css"]
    {
        assert_rewritten(&snapshot, &format!(r#"<link href="{url}">"#), hashed);
    }
    for url in ["https://example.com/static/a.css", "//cdn.example.com/static/a.css", "/a.css"] {
        assert_unchanged(&snapshot, &format!(r#"<link href="{url}">"#));
    }
    let bare = by_manifest("https://cdn.example.com/");
    assert_rewritten(
        &bare,
        r#"<link href="https://cdn.example.com/a.css">"#,
        r#"<link href="https://cdn.example.com/a.H.css">"#,
    );
    assert_unchanged(&bare, r#"<link href="/a.css">"#);
}

#[test]
fn path_token_is_inserted() {
    let snapshot = by_token("/static/{breaker}/");
    for url in ["/static/a.css?x=1#f", "/static/1000/a.css?x=1#f"] {
        assert_rewritten(
            &snapshot,
            &format!(r#"<link href="{url}">"#),
            r#"<link href="/static/1000/a.css?x=1#f">"#,
        );
    }
    // The token takes precedence over a directory with the same name, as in requests.
    assert_rewritten(&snapshot, "<a href='/static/1000/1000/a.css'>", "<a href='/static/1000/1000/a.css'>");
    assert_unchanged(&snapshot, r#"<link href="/static/999/a.css">"#);
    assert_unchanged(&snapshot, r#"<link href="/static/">"#);

    let first = by_token("https://cdn/{breaker}/static/");
    for url in
        ["/static/a.css", "https://cdn/static/a.css", "/1000/static/a.css", "https://cdn/1000/static/a.css"]
    {
        assert_rewritten(
            &first,
            &format!(r#"<link href="{url}">"#),
            r#"<link href="https://cdn/1000/static/a.css">"#,
        );
    }
}

#[test]
fn references_to_unversioned_urls_are_unchanged() {
    let dir = files();
    let lenient = Assets::builder().source(dir.path()).mode(Mode::Dev).on_missing(OnMissing::Plain);
    assert_unchanged(&lenient.build().unwrap().snapshot(), r#"<link href="/static/n ope.css">"#);
    let plain = Assets::builder().source(dir.path()).mode(Mode::Dev).dev_version_query(false);
    assert_unchanged(&plain.build().unwrap().snapshot(), r#"<link href="/static/a.css">"#);
}
