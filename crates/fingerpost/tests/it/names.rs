//! Asset paths and their URLs.

use fingerpost::{Assets, ErrorKind, manifest::Digest};

use crate::support::{Dir, Site, dev, hash, production, publish, warnings};

/// Checks the URL of `written` in both modes. `H` means the hash of the file. The file contains its own path.
#[track_caller]
fn assert_urls(written: &str, in_development: &str, in_production: &str) {
    let path = written.split(['?', '#']).next().unwrap().trim_start_matches('/');
    let site = if path.ends_with('/') || path.is_empty() {
        Site::with_paths(&[])
    } else {
        Site::with_paths(&[path])
    };
    for ((mode, assets), expected) in site.in_both_modes().into_iter().zip([in_development, in_production]) {
        let expected = expected.replace('H', &hash(path));
        assert_eq!(assets.url(written).unwrap(), *expected, "{mode}");
        assert_eq!(assets.absolute_url(written).unwrap(), *expected, "{mode}");
    }
}

#[track_caller]
fn path_error(written: &str) -> String {
    let site = Site::with_paths(&["css/a.css"]);
    let [in_development, in_production] = site.in_both_modes().map(|(mode, assets)| {
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
    assert_urls("test/file.txt", "/static/test/file.txt?v=H", "/static/test/file.H.txt");
    assert_urls("/test/file.txt", "/static/test/file.txt?v=H", "/static/test/file.H.txt");
    assert_urls("a.tar.gz", "/static/a.tar.gz?v=H", "/static/a.tar.H.gz");
    assert_urls("noext", "/static/noext?v=H", "/static/noext.H");
    assert_urls("source.js.map", "/static/source.js.map?v=H", "/static/source.js.H.map");
    assert_urls("x.y/z.txt", "/static/x.y/z.txt?v=H", "/static/x.y/z.H.txt");
    assert_urls("x.y/z", "/static/x.y/z?v=H", "/static/x.y/z.H");
    assert_urls(
        ".well-known/security.txt",
        "/static/.well-known/security.txt?v=H",
        "/static/.well-known/security.H.txt",
    );
}

#[test]
fn query_and_fragment_after_the_path_are_preserved() {
    assert_urls("a.css?spam=eggs", "/static/a.css?spam=eggs&v=H", "/static/a.H.css?spam=eggs");
    assert_urls("a.css#eggs", "/static/a.css?v=H#eggs", "/static/a.H.css#eggs");
    assert_urls("a.css?x=1#f", "/static/a.css?x=1&v=H#f", "/static/a.H.css?x=1#f");
    assert_urls("a.css?x=1?", "/static/a.css?x=1?&v=H", "/static/a.H.css?x=1?");
    assert_urls("a.css??", "/static/a.css??&v=H", "/static/a.H.css??");
    assert_urls("sprite.svg#icon", "/static/sprite.svg?v=H#icon", "/static/sprite.H.svg#icon");
    assert_urls("f.eot?#iefix", "/static/f.eot?v=H#iefix", "/static/f.H.eot?#iefix");
    assert_urls("f.svg#a/../b?c#d", "/static/f.svg?v=H#a/../b?c#d", "/static/f.H.svg#a/../b?c#d");
    assert_urls("a.css?q=100%#50%", "/static/a.css?q=100%25&v=H#50%25", "/static/a.H.css?q=100%25#50%25");
    assert_urls("a.css?q=%C3%A9é", "/static/a.css?q=%C3%A9%C3%A9&v=H", "/static/a.H.css?q=%C3%A9%C3%A9");
    assert_urls("a.css?x=//evil/..", "/static/a.css?x=//evil/..&v=H", "/static/a.H.css?x=//evil/..");
}

#[test]
fn existing_version_parameter_is_preserved() {
    assert_urls("a.css?v=3", "/static/a.css?v=3", "/static/a.H.css?v=3");
    assert_urls("a.css?v", "/static/a.css?v", "/static/a.H.css?v");
    assert_urls("a.css?x=1&v=#f", "/static/a.css?x=1&v=#f", "/static/a.H.css?x=1&v=#f");
    assert_urls("a.css?%76=1", "/static/a.css?%76=1", "/static/a.H.css?%76=1");
    assert_urls("a.css?V=3", "/static/a.css?V=3&v=H", "/static/a.H.css?V=3");
    assert_urls("a.css#?v=3", "/static/a.css?v=H#?v=3", "/static/a.H.css#?v=3");
}

#[test]
fn path_with_a_trailing_slash_gets_no_hash() {
    assert_urls("path/", "/static/path/", "/static/path/");
    assert_urls("path/?query", "/static/path/?query", "/static/path/?query");
    assert_urls("a.css/", "/static/a.css/", "/static/a.css/");
    assert_urls("/", "/static/", "/static/");
    assert_urls("/?q#f", "/static/?q#f", "/static/?q#f");
}

#[test]
fn names_are_percent_encoded_once() {
    assert_urls("⊗.txt", "/static/%E2%8A%97.txt?v=H", "/static/%E2%8A%97.H.txt");
    assert_urls("%2F.txt", "/static/%252F.txt?v=H", "/static/%252F.H.txt");
    assert_urls("%2e%2e/x", "/static/%252e%252e/x?v=H", "/static/%252e%252e/x.H");
    assert_urls("b c+d.png", "/static/b%20c+d.png?v=H", "/static/b%20c+d.H.png");
    assert_urls("img@2x.png", "/static/img@2x.png?v=H", "/static/img@2x.H.png");
    assert_urls("t/12:30.png", "/static/t/12:30.png?v=H", "/static/t/12:30.H.png");
    assert_urls("a&b.css", "/static/a%26b.css?v=H", "/static/a%26b.H.css");
}

#[test]
fn name_resembling_a_hashed_path_is_hashed() {
    assert_urls("logo-20240608.png", "/static/logo-20240608.png?v=H", "/static/logo-20240608.H.png");
    assert_urls("chart.d3.js", "/static/chart.d3.js?v=H", "/static/chart.d3.H.js");
    assert_urls("img.deadbeefcafe.png", "/static/img.deadbeefcafe.png?v=H", "/static/img.deadbeefcafe.H.png");
}

#[test]
fn hashed_path_is_not_an_asset_path() {
    let site = Site::with_paths(&["a.css"]);
    let hashed = format!("a.{}.css", hash("a.css"));
    for (mode, assets) in site.in_both_modes() {
        assert_eq!(assets.url(&hashed).unwrap_err().kind(), ErrorKind::NotFound, "{mode}");
    }
}

#[test]
fn empty_file_has_a_hash() {
    let site = Site::with_files(&[("empty.css", "")]);
    let [dev, production] = site.in_both_modes().map(|(_, assets)| assets.url("empty.css").unwrap());
    assert_eq!(dev, "/static/empty.css?v=e3b0c44298fc");
    assert_eq!(production, "/static/empty.e3b0c44298fc.css");
}

#[test]
fn invalid_asset_paths_are_rejected() {
    assert_eq!(path_error("css/../css/a.css"), "path `css/../css/a.css` leaves the asset directory");
    assert_eq!(path_error("css/.."), "path `css/..` leaves the asset directory");
    assert_eq!(path_error("/../css/a.css?v=1"), "path `../css/a.css` leaves the asset directory");
    assert_eq!(path_error("css\\a.css"), "path `css\\a.css` contains a backslash; write `css/a.css`");
    assert_eq!(
        path_error("/\\evil.example"),
        "path `\\evil.example` contains a backslash; write `/evil.example`"
    );
    assert_eq!(path_error("css/./a.css"), "path `css/./a.css` has a `.` segment; write `css/a.css`");
    assert_eq!(path_error("css//a.css"), "path `css//a.css` has an empty segment; write `css/a.css`");
    assert_eq!(path_error("css//"), "path `css/` has an empty segment; write `css`");
    assert_eq!(path_error("css/a.css\0.png"), "path `css/a.css\\0.png` contains a NUL byte");
    assert_eq!(path_error(""), "path `` is empty");
    assert_eq!(path_error("?x"), "path `` is empty");
    for host in ["//evil.example/a.css", "///evil.example", "//", "//css/a.css?x"] {
        assert_eq!(
            path_error(host),
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
        assert!(path_error(url).ends_with(&reason), "{url}");
    }
}

#[test]
fn paths_resembling_a_scheme_or_host_stay_below_the_base_url() {
    assert_urls("java\tscript:alert", "/static/java%09script:alert?v=H", "/static/java%09script:alert.H");
    assert_urls(" javascript:x", "/static/%20javascript:x?v=H", "/static/%20javascript:x.H");
    assert_urls("\u{1}javascript:x", "/static/%01javascript:x?v=H", "/static/%01javascript:x.H");
    assert_urls(":80", "/static/:80?v=H", "/static/:80.H");
    assert_urls("@evil.example", "/static/@evil.example?v=H", "/static/@evil.H.example");
}

#[test]
fn invalid_path_is_rejected_without_file_access() {
    let dir = Dir::with_paths(&["css/a.css"]);
    let assets = dev(&dir).build().unwrap();
    drop(dir);
    assert_eq!(assets.url("css/../css/a.css").unwrap_err().kind(), ErrorKind::InvalidPath);
    assert_eq!(assets.url("css/a.css").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn origin_is_prepended_only_to_absolute_urls() {
    let (source, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "a.css")], "/static/"));
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
    let dir = Dir::with_paths(&["a.css"]);
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
        let (source, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "a.css")], path));
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
    let dir = Dir::with_paths(&["a.css"]);
    for base in ["", "static/", "//cdn/x", "javascript:x", "/a?b", "/a#b", "/a&b", "/\"", "/a/../b", "/a//"] {
        let err = dev(&dir).base_url(base).build().unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidBaseUrl, "{base}");
        assert!(err.to_string().contains(&format!("`{base}`")), "{err}");
    }
    // Browsers treat percent-encoded dots as dot segments as well.
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
    let dir = Dir::with_paths(&["a.css"]);
    let assets = dev(&dir).dev_version_query(false).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.css");
    assert_eq!(assets.url("a.css?x=1#f").unwrap(), "/static/a.css?x=1#f");
    assert_eq!(assets.url("b.css").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn assets_are_listed_in_order_with_their_urls() {
    let site = Site::with_paths(&["b.css", "a/x.js", "a.css", "%2F.txt"]);
    let lists = site.in_both_modes().map(|(mode, assets)| {
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
    let site = Site::with_files(&[("a.css", "body{}")]);
    for (mode, assets) in site.in_both_modes() {
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

#[test]
fn first_absolute_url_without_an_origin_logs_a_warning() {
    let site = Site::with_paths(&["img/card.png", "b.png"]);
    let warning = "the absolute URL of `img/card.png` is only a path, because no origin is set; mail programs cannot \
                   resolve it; set `.origin(\"https://example.com\")`, `FINGERPOST_ORIGIN`, or `origin` in \
                   `fingerpost.toml`";
    for (mode, assets) in site.in_both_modes() {
        let messages = warnings(|| {
            assert!(assets.absolute_url("nope.png").is_err());
            let url = assets.absolute_url("img/card.png").unwrap();
            assert_eq!(url, assets.url("img/card.png").unwrap());
            assets.absolute_url("b.png").unwrap();
            assets.reload().unwrap().absolute_url("b.png").unwrap();
        });
        assert_eq!(messages, [warning], "{mode}");
    }
}

#[test]
fn absolute_url_with_a_host_logs_nothing() {
    let site = Site::with_paths(&["a.png"]);
    let messages = warnings(|| {
        for builder in [
            dev(&site.source).origin("https://example.com"),
            dev(&site.source).base_url("https://cdn.example.com/static/"),
        ] {
            let url = builder.build().unwrap().absolute_url("a.png").unwrap();
            assert!(url.starts_with("https://"), "{url}");
        }
        dev(&site.source).build().unwrap().url("a.png").unwrap();
    });
    assert_eq!(messages, [""; 0]);
}
