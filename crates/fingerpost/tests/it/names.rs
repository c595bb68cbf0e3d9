//! Asset paths and the URLs made from them.

use fingerpost::{Assets, ErrorKind, manifest::Digest};

use crate::support::{Dir, Site, dev, hash, production, publish};

/// Checks the URL of `written` in both modes. `H` stands for the hash of the file, whose content is its path.
#[track_caller]
fn becomes(written: &str, in_development: &str, in_production: &str) {
    let path = written.split(['?', '#']).next().unwrap().trim_start_matches('/');
    let site = if path.ends_with('/') || path.is_empty() { Site::of(&[]) } else { Site::of(&[path]) };
    for ((mode, assets), expected) in site.both().into_iter().zip([in_development, in_production]) {
        let expected = expected.replace('H', &hash(path));
        assert_eq!(assets.url(written).unwrap(), *expected, "{mode}");
        assert_eq!(assets.absolute_url(written).unwrap(), *expected, "{mode}");
    }
}

#[track_caller]
fn refused(written: &str) -> String {
    let site = Site::of(&["css/a.css"]);
    let [in_development, in_production] = site.both().map(|(mode, assets)| {
        let err = assets.url(written).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidPath, "{mode}: {err}");
        assert_eq!(assets.integrity(written).unwrap_err().kind(), ErrorKind::InvalidPath, "{mode}");
        err.to_string()
    });
    assert_eq!(in_development, in_production);
    in_development
}

#[test]
fn hash_is_in_the_query_in_development_and_in_the_name_in_production() {
    becomes("test/file.txt", "/static/test/file.txt?v=H", "/static/test/file.H.txt");
    becomes("/test/file.txt", "/static/test/file.txt?v=H", "/static/test/file.H.txt");
    becomes("a.tar.gz", "/static/a.tar.gz?v=H", "/static/a.tar.H.gz");
    becomes("noext", "/static/noext?v=H", "/static/noext.H");
    becomes("source.js.map", "/static/source.js.map?v=H", "/static/source.js.H.map");
    becomes("x.y/z.txt", "/static/x.y/z.txt?v=H", "/static/x.y/z.H.txt");
    becomes("x.y/z", "/static/x.y/z?v=H", "/static/x.y/z.H");
    becomes(
        ".well-known/security.txt",
        "/static/.well-known/security.txt?v=H",
        "/static/.well-known/security.H.txt",
    );
}

#[test]
fn query_and_fragment_after_the_path_are_preserved() {
    becomes("a.css?spam=eggs", "/static/a.css?spam=eggs&v=H", "/static/a.H.css?spam=eggs");
    becomes("a.css#eggs", "/static/a.css?v=H#eggs", "/static/a.H.css#eggs");
    becomes("a.css?x=1#f", "/static/a.css?x=1&v=H#f", "/static/a.H.css?x=1#f");
    becomes("a.css?x=1?", "/static/a.css?x=1?&v=H", "/static/a.H.css?x=1?");
    becomes("a.css??", "/static/a.css??&v=H", "/static/a.H.css??");
    becomes("sprite.svg#icon", "/static/sprite.svg?v=H#icon", "/static/sprite.H.svg#icon");
    becomes("f.eot?#iefix", "/static/f.eot?v=H#iefix", "/static/f.H.eot?#iefix");
    becomes("f.svg#a/../b?c#d", "/static/f.svg?v=H#a/../b?c#d", "/static/f.H.svg#a/../b?c#d");
    becomes("a.css?q=100%#50%", "/static/a.css?q=100%25&v=H#50%25", "/static/a.H.css?q=100%25#50%25");
    becomes("a.css?q=%C3%A9é", "/static/a.css?q=%C3%A9%C3%A9&v=H", "/static/a.H.css?q=%C3%A9%C3%A9");
    becomes("a.css?x=//evil/..", "/static/a.css?x=//evil/..&v=H", "/static/a.H.css?x=//evil/..");
}

#[test]
fn existing_version_parameter_is_kept() {
    becomes("a.css?v=3", "/static/a.css?v=3", "/static/a.H.css?v=3");
    becomes("a.css?v", "/static/a.css?v", "/static/a.H.css?v");
    becomes("a.css?x=1&v=#f", "/static/a.css?x=1&v=#f", "/static/a.H.css?x=1&v=#f");
    becomes("a.css?%76=1", "/static/a.css?%76=1", "/static/a.H.css?%76=1");
    becomes("a.css?V=3", "/static/a.css?V=3&v=H", "/static/a.H.css?V=3");
    becomes("a.css#?v=3", "/static/a.css?v=H#?v=3", "/static/a.H.css#?v=3");
}

#[test]
fn path_with_a_trailing_slash_gets_no_hash() {
    becomes("path/", "/static/path/", "/static/path/");
    becomes("path/?query", "/static/path/?query", "/static/path/?query");
    becomes("a.css/", "/static/a.css/", "/static/a.css/");
    becomes("/", "/static/", "/static/");
    becomes("/?q#f", "/static/?q#f", "/static/?q#f");
}

#[test]
fn names_are_percent_encoded_once() {
    becomes("⊗.txt", "/static/%E2%8A%97.txt?v=H", "/static/%E2%8A%97.H.txt");
    becomes("%2F.txt", "/static/%252F.txt?v=H", "/static/%252F.H.txt");
    becomes("%2e%2e/x", "/static/%252e%252e/x?v=H", "/static/%252e%252e/x.H");
    becomes("b c+d.png", "/static/b%20c+d.png?v=H", "/static/b%20c+d.H.png");
    becomes("img@2x.png", "/static/img@2x.png?v=H", "/static/img@2x.H.png");
    becomes("t/12:30.png", "/static/t/12:30.png?v=H", "/static/t/12:30.H.png");
    becomes("a&b.css", "/static/a%26b.css?v=H", "/static/a%26b.H.css");
}

#[test]
fn name_that_looks_hashed_is_hashed_like_any_other() {
    becomes("logo-20240608.png", "/static/logo-20240608.png?v=H", "/static/logo-20240608.H.png");
    becomes("chart.d3.js", "/static/chart.d3.js?v=H", "/static/chart.d3.H.js");
    becomes("img.deadbeefcafe.png", "/static/img.deadbeefcafe.png?v=H", "/static/img.deadbeefcafe.H.png");
}

#[test]
fn hashed_path_is_not_an_asset_path() {
    let site = Site::of(&["a.css"]);
    let hashed = format!("a.{}.css", hash("a.css"));
    for (mode, assets) in site.both() {
        assert_eq!(assets.url(&hashed).unwrap_err().kind(), ErrorKind::NotFound, "{mode}");
    }
}

#[test]
fn empty_file_has_a_hash() {
    let site = Site::with(&[("empty.css", "")]);
    let [dev, production] = site.both().map(|(_, assets)| assets.url("empty.css").unwrap());
    assert_eq!(dev, "/static/empty.css?v=e3b0c44298fc");
    assert_eq!(production, "/static/empty.e3b0c44298fc.css");
}

#[test]
fn invalid_asset_paths_are_rejected() {
    assert_eq!(refused("css/../css/a.css"), "path `css/../css/a.css` leaves the asset directory");
    assert_eq!(refused("css/.."), "path `css/..` leaves the asset directory");
    assert_eq!(refused("/../css/a.css?v=1"), "path `../css/a.css` leaves the asset directory");
    assert_eq!(refused("css\\a.css"), "path `css\\a.css` holds a backslash; write `css/a.css`");
    assert_eq!(refused("/\\evil.example"), "path `\\evil.example` holds a backslash; write `/evil.example`");
    assert_eq!(refused("css/./a.css"), "path `css/./a.css` has a `.` segment; write `css/a.css`");
    assert_eq!(refused("css//a.css"), "path `css//a.css` has an empty segment; write `css/a.css`");
    assert_eq!(refused("css//"), "path `css/` has an empty segment; write `css`");
    assert_eq!(refused("css/a.css\0.png"), "path `css/a.css\\0.png` holds a NUL byte");
    assert_eq!(refused(""), "path `` is empty");
    assert_eq!(refused("?x"), "path `` is empty");
    for host in ["//evil.example/a.css", "///evil.example", "//", "//css/a.css?x"] {
        assert_eq!(
            refused(host),
            format!("path `{host}` starts with `//`, which browsers resolve to another host")
        );
    }
    for (url, scheme) in [
        ("https://evil.example/a.css", "https"),
        ("/https:evil.example", "https"),
        ("javascript:alert(1)", "javascript"),
        ("JaVaScRiPt:alert(1)//", "JaVaScRiPt"),
        ("data:text/html,x", "data"),
        ("C:/boot.ini", "C"),
    ] {
        let reason = format!("has a scheme (`{scheme}`); an asset path is relative to the asset directory");
        assert!(refused(url).ends_with(&reason), "{url}");
    }
}

#[test]
fn paths_resembling_a_scheme_or_host_stay_below_the_base_url() {
    becomes("java\tscript:alert", "/static/java%09script:alert?v=H", "/static/java%09script:alert.H");
    becomes(" javascript:x", "/static/%20javascript:x?v=H", "/static/%20javascript:x.H");
    becomes("\u{1}javascript:x", "/static/%01javascript:x?v=H", "/static/%01javascript:x.H");
    becomes(":80", "/static/:80?v=H", "/static/:80.H");
    becomes("@evil.example", "/static/@evil.example?v=H", "/static/@evil.H.example");
}

#[test]
fn invalid_path_is_rejected_without_file_access() {
    let dir = Dir::of(&["css/a.css"]);
    let assets = dev(&dir).build().unwrap();
    drop(dir);
    assert_eq!(assets.url("css/../css/a.css").unwrap_err().kind(), ErrorKind::InvalidPath);
    assert_eq!(assets.url("css/a.css").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn origin_is_prepended_only_to_absolute_urls() {
    let (source, output) = (Dir::of(&["a.css"]), publish(&[("a.css", "a.css")], "/static/"));
    let (h, check) = (hash("a.css"), |assets: Assets, expected: &str| {
        assert_eq!(assets.url("a.css").unwrap(), *expected);
        assert_eq!(assets.absolute_url("a.css").unwrap(), *format!("https://example.com{expected}"));
        assert_eq!(assets.absolute_url("a/?q").unwrap(), "https://example.com/static/a/?q");
    });
    for origin in ["https://example.com", "https://example.com/"] {
        check(dev(&source).origin(origin).build().unwrap(), &format!("/static/a.css?v={h}"));
        check(production(&output).origin(origin).build().unwrap(), &format!("/static/a.{h}.css"));
    }
}

#[test]
fn absolute_base_url_needs_no_origin() {
    let dir = Dir::of(&["a.css"]);
    let assets =
        dev(&dir).base_url("https://cdn.example.com/s").origin("https://example.com").build().unwrap();
    let expected = format!("https://cdn.example.com/s/a.css?v={}", hash("a.css"));
    assert_eq!(assets.url("a.css").unwrap(), *expected);
    assert_eq!(assets.absolute_url("a.css").unwrap(), *expected);
}

#[test]
fn base_url_and_path_are_joined_by_exactly_one_slash() {
    let h = hash("a.css");
    for (base, before, path) in [
        ("https://cdn/x/", "https://cdn/x/", "/x/"),
        ("https://cdn/x", "https://cdn/x/", "/x/"),
        ("https://cdn", "https://cdn/", "/"),
        ("/", "/", "/"),
        ("/static", "/static/", "/static/"),
        ("/a/b/", "/a/b/", "/a/b/"),
    ] {
        let (source, output) = (Dir::of(&["a.css"]), publish(&[("a.css", "a.css")], path));
        let (dev, production) = (dev(&source).base_url(base), production(&output).base_url(base));
        let (dev, production) = (dev.build().unwrap(), production.build().unwrap());
        for written in ["a.css", "/a.css"] {
            assert_eq!(dev.url(written).unwrap(), *format!("{before}a.css?v={h}"));
            assert_eq!(production.url(written).unwrap(), *format!("{before}a.{h}.css"));
        }
        assert_eq!((dev.base_url().as_str(), dev.base_url().path()), (before, path));
    }
}

#[test]
fn invalid_base_url_or_origin_is_a_startup_error() {
    let dir = Dir::of(&["a.css"]);
    for base in ["", "static/", "//cdn/x", "javascript:x", "/a?b", "/a#b", "/a&b", "/\"", "/a/../b", "/a//"] {
        let err = dev(&dir).base_url(base).build().unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidBaseUrl, "{base}");
        assert!(err.to_string().contains(&format!("`{base}`")), "{err}");
    }
    // Browsers treat these as dot segments as well.
    for base in ["/a/%2e%2e/", "/%2E/", "/.%2e/a", "/a/%2E."] {
        assert_eq!(dev(&dir).base_url(base).build().unwrap_err().kind(), ErrorKind::InvalidBaseUrl, "{base}");
    }
    for origin in ["example.com", "https://a/b", "javascript:x", "https://\"", "//a"] {
        let err = dev(&dir).origin(origin).build().unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidBaseUrl, "{origin}");
        assert!(err.to_string().contains(&format!("origin `{origin}`")), "{err}");
    }
}

#[test]
fn development_version_query_can_be_disabled() {
    let dir = Dir::of(&["a.css"]);
    let assets = dev(&dir).dev_version_query(false).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.css");
    assert_eq!(assets.url("a.css?x=1#f").unwrap(), "/static/a.css?x=1#f");
    assert_eq!(assets.url("b.css").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn assets_are_listed_in_order_with_their_urls() {
    let site = Site::of(&["b.css", "a/x.js", "a.css", "%2F.txt"]);
    let lists = site.both().map(|(mode, assets)| {
        let all: Vec<_> = assets.iter().collect();
        for (path, url) in &all {
            assert_eq!(assets.url(path).unwrap(), *url, "{mode}");
        }
        all.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    });
    assert_eq!(lists, [["%2F.txt", "a.css", "a/x.js", "b.css"]; 2]);
}

#[test]
fn integrity_ignores_query_and_fragment() {
    let site = Site::with(&[("a.css", "body{}")]);
    for (mode, assets) in site.both() {
        for written in ["a.css", "/a.css", "a.css?x=1#f"] {
            let integrity = assets.integrity(written).unwrap();
            assert_eq!(integrity, Digest::from_content(b"body{}").integrity(), "{mode}");
        }
        for unknown in ["b.css", "a.css/", "/", "css/"] {
            assert_eq!(
                assets.integrity(unknown).unwrap_err().kind(),
                ErrorKind::NotFound,
                "{mode} {unknown}"
            );
        }
    }
}
