//! The tests of WhiteNoise. Its source distribution contains the tests without their fixtures, so the inputs are our own.

use http::Method;

use super::{Group, Site, assert_contains, different, same};
use crate::tools::header;

const SCRIPT: &str = "document.write('a script with more than thirty bytes')";

/// A site with a script, a compressed style sheet and a file with another name.
fn site() -> Site {
    let style = "a { color: red }\n".repeat(100);
    let settings = "collect.compress = ['gzip', 'br']";
    let files = &[
        ("app.js", SCRIPT),
        ("app.css", &*style),
        ("sub/index.html", "<p>"),
        ("nonascii✓.txt", "hi"),
        ("a.foobar", "x"),
    ];
    Site::with(settings, files).collected()
}

/// Requests the script with a header.
fn script(name: &str, value: &str) -> http::Response<axum::body::Bytes> {
    site().get("/static/app.js", &[(name, value)])
}

/// Checks the part of the script in the response to a range.
#[track_caller]
fn range(range: &str, expected: &str) {
    let response = script("range", range);
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (206, expected.as_bytes()));
}

/// Checks the encoding of the style sheet for these accepted encodings.
#[track_caller]
fn encoding(accepted: &[(&str, &str)], expected: &str) {
    let response = site().get("/static/app.css", accepted);
    assert_eq!(header(&response, "content-encoding"), expected);
    assert_contains(&header(&response, "vary").to_lowercase(), "accept-encoding");
}

pub(super) const CASES: Group = Group {
    peer: "WhiteNoise",
    ours: "whitenoise::cases_of_whitenoise",
    cases: &[
        same("test_get_file", "A script is served with its type and charset.", || {
            let response = site().get("/static/app.js", &[]);
            assert_eq!(response.body(), SCRIPT.as_bytes());
            assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
        }),
        same(
            "test_get_not_accept_gzip",
            "An empty `Accept-Encoding` gets the file without encoding.",
            || encoding(&[("accept-encoding", "")], "-"),
        ),
        different(
            "test_get_accept_star",
            "`*` accepts every encoding (RFC 9110), so the smallest variant is sent.",
            || encoding(&[("accept-encoding", "*")], "br"),
        ),
        same("test_get_accept_missing", "Without `Accept-Encoding`, the file has no encoding.", || {
            encoding(&[], "-")
        }),
        same("test_get_accept_gzip", "An accepted variant is sent, with `Vary`.", || {
            encoding(&[("accept-encoding", "gzip")], "gzip")
        }),
        same("test_cannot_directly_request_gzipped_file", "Variants have no URL of their own.", || {
            let site = site();
            let url = site.assets().url("app.css").expect("an asset");
            assert_eq!(site.get(&format!("{url}.gz"), &[]).status(), 404);
        }),
        different(
            "test_not_modified_exact",
            "There is no `Last-Modified`, because times differ between servers; the ETag is exact.",
            || {
                assert_eq!(header(&site().get("/static/app.js", &[]), "last-modified"), "-");
            },
        ),
        different(
            "test_not_modified_future",
            "`If-Modified-Since` is ignored without `Last-Modified`.",
            || {
                assert_eq!(script("if-modified-since", "Fri, 11 Apr 2100 11:47:06 GMT").status(), 200);
            },
        ),
        same("test_modified", "An old date gets the file.", || {
            assert_eq!(script("if-modified-since", "Fri, 11 Apr 2001 11:47:06 GMT").status(), 200);
        }),
        same("test_modified_mangled_date_firefox_91_0b3", "A malformed date gets the file.", || {
            assert_eq!(script("if-modified-since", "Fri, 16 Jul 2021 09:09:1626426577S GMT").status(), 200);
        }),
        same("test_etag_matches", "A matching ETag gets a 304.", || {
            let site = site();
            let etag = header(&site.get("/static/app.js", &[]), "etag").to_owned();
            assert_eq!(site.get("/static/app.js", &[("if-none-match", &etag)]).status(), 304);
        }),
        same("test_etag_doesnt_match", "Another ETag gets the file.", || {
            assert_eq!(script("if-none-match", "\"594bd1d1-36\"").status(), 200);
        }),
        same("test_etag_overrules_modified_since", "The ETag takes precedence over the date.", || {
            let headers = [
                ("if-none-match", "\"594bd1d1-36\""),
                ("if-modified-since", "Fri, 11 Apr 2100 11:47:06 GMT"),
            ];
            assert_eq!(site().get("/static/app.js", &headers).status(), 200);
        }),
        same("test_max_age", "Plain paths have a lifetime.", || {
            assert_contains(header(&site().get("/static/app.js", &[]), "cache-control"), "max-age=");
        }),
        different(
            "test_other_requests_passed_through",
            "Other paths below the base URL get a 404 instead of a page of the site.",
            || {
                assert_eq!(site().get("/static/not/static", &[]).status(), 404);
            },
        ),
        same("test_non_ascii_requests_safely_ignored", "An unknown name in Unicode is not found.", || {
            assert_eq!(site().get("/static/test%E2%98%BA", &[]).status(), 404);
        }),
        same("test_add_under_prefix", "A source directory can have a prefix.", || {
            let site = Site::with("sources = ['prefix=static']", &[("app.js", SCRIPT)]).collected();
            assert_eq!(site.get("/static/prefix/app.js", &[]).body(), SCRIPT.as_bytes());
        }),
        same("test_response_has_allow_origin_header", "Other origins may use the files.", || {
            assert_eq!(header(&site().get("/static/app.js", &[]), "access-control-allow-origin"), "*");
        }),
        same("test_response_has_correct_content_length_header", "The length is the number of bytes.", || {
            assert_eq!(
                header(&site().get("/static/app.js", &[]), "content-length"),
                SCRIPT.len().to_string()
            );
        }),
        same(
            "test_gzip_response_has_correct_content_length_header",
            "The length of a variant is the number of its bytes.",
            || {
                let response = site().get("/static/app.css", &[("accept-encoding", "gzip")]);
                assert_eq!(header(&response, "content-length"), response.body().len().to_string());
            },
        ),
        same("test_post_request_returns_405", "Only GET and HEAD are allowed.", || {
            assert_eq!(site().request(Method::POST, "/static/app.js", &[]).status(), 405);
        }),
        same("test_head_request_has_no_body", "A response to HEAD has no body.", || {
            let response = site().request(Method::HEAD, "/static/app.js", &[]);
            assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        }),
        different(
            "test_custom_mimetype",
            "The table of media types is fixed; an unknown extension is `application/octet-stream`.",
            || {
                assert_eq!(
                    header(&site().get("/static/a.foobar", &[]), "content-type"),
                    "application/octet-stream"
                );
            },
        ),
        different(
            "test_index_file_served_at_directory_path",
            "Directories have no index: pages are routes of the site, so that each page gets the current URLs.",
            || assert_eq!(site().get("/static/sub/", &[]).status(), 404),
        ),
        different(
            "test_index_file_path_redirected",
            "`index.html` is served under its own name, without a redirect.",
            || {
                assert_eq!(site().get("/static/sub/index.html", &[]).status(), 200);
            },
        ),
        different(
            "test_directory_path_without_trailing_slash_redirected",
            "The name of a directory is not found.",
            || {
                assert_eq!(site().get("/static/sub", &[]).status(), 404);
            },
        ),
        same("test_request_initial_bytes", "A range from the start is sent.", || {
            range("bytes=0-13", &SCRIPT[..14])
        }),
        same("test_request_trailing_bytes", "A range from the end is sent.", || {
            range("bytes=-3", &SCRIPT[SCRIPT.len() - 3..])
        }),
        same("test_request_middle_bytes", "A range in the middle is sent.", || {
            range("bytes=21-30", &SCRIPT[21..31])
        }),
        same("test_overlong_ranges_truncated", "A range ends with the file.", || {
            range("bytes=21-100000", &SCRIPT[21..])
        }),
        same(
            "test_overlong_trailing_ranges_return_entire_file",
            "A range longer than the file contains the whole file.",
            || range("bytes=-100000", SCRIPT),
        ),
        same("test_out_of_range_error", "A range after the end gets a 416 with the length.", || {
            let response = script("range", "bytes=10000-11000");
            assert_eq!(response.status(), 416);
            assert_eq!(header(&response, "content-range"), format!("bytes */{}", SCRIPT.len()));
        }),
        different(
            "test_warn_about_missing_directories",
            "A missing source directory is an error instead of a warning.",
            || {
                let site = Site::with("sources = ['nosuchdir✓']", &[]);
                assert_contains(&site.try_collect().expect_err("a missing directory"), "nosuchdir");
            },
        ),
        same("test_cant_read_absolute_paths_on_windows", "A drive letter in the path is not found.", || {
            assert_eq!(site().get("/static/C:/Windows/System.ini", &[]).status(), 404);
        }),
        same("test_no_error_on_very_long_filename", "A very long name is not found.", || {
            assert_eq!(site().get(&format!("/static{}", "/blah".repeat(1000)), &[]).status(), 404);
        }),
        different(
            "test_immutable_file_test_accepts_regex",
            "`immutable` needs a proof by the manifest; the form of a name never suffices.",
            || {
                let site = Site::new(&[("app.0123456789ab.js", "f()")]).collected();
                assert_eq!(
                    header(&site.get("/static/app.0123456789ab.js", &[]), "cache-control"),
                    "public, max-age=3600"
                );
            },
        ),
        different(
            "test_last_modified_not_set_when_mtime_is_zero",
            "There is never a `Last-Modified`, and the ETag stays, because our ETag does not depend on times.",
            || {
                assert_eq!(header(&site().get("/static/app.js", &[]), "last-modified"), "-");
            },
        ),
        same(
            "test_file_size_matches_range_with_range_header",
            "The body has the length of the range.",
            || {
                assert_eq!(script("range", "bytes=0-13").body().len(), 14);
            },
        ),
        same("test_path_is_child_of", "Paths outside of the directory are not found.", || {
            for path in [
                "/static/../fingerpost.toml",
                "/static/%2e%2e/fingerpost.toml",
                "/static/..%2ffingerpost.toml",
            ] {
                assert_eq!(site().get(path, &[]).status(), 404, "{path}");
            }
        }),
        same(
            "test_django_whitenoise: test_versioned_file_cached_forever",
            "Hashed paths are `immutable`; a year is our longest lifetime.",
            || {
                let site = site();
                let response = site.get(&site.assets().url("app.js").expect("an asset"), &[]);
                assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
            },
        ),
        same(
            "test_django_whitenoise: test_unversioned_file_not_cached_forever",
            "Plain paths have a short lifetime: an hour here, a minute there.",
            || {
                assert_eq!(
                    header(&site().get("/static/app.js", &[]), "cache-control"),
                    "public, max-age=3600"
                );
            },
        ),
        same("test_django_whitenoise: test_get_gzip", "The gzip variant is sent.", || {
            encoding(&[("accept-encoding", "gzip")], "gzip")
        }),
        same("test_django_whitenoise: test_get_brotli", "The Brotli variant is sent.", || {
            encoding(&[("accept-encoding", "gzip, br")], "br")
        }),
        same(
            "test_django_whitenoise: test_no_content_type_when_not_modified",
            "A 304 has no `Content-Type`.",
            || {
                let site = site();
                let etag = header(&site.get("/static/app.js", &[]), "etag").to_owned();
                assert_eq!(
                    header(&site.get("/static/app.js", &[("if-none-match", &etag)]), "content-type"),
                    "-"
                );
            },
        ),
        same("test_django_whitenoise: test_get_nonascii_file", "Names in Unicode are served.", || {
            assert_eq!(site().get("/static/nonascii%E2%9C%93.txt", &[]).body(), "hi".as_bytes());
        }),
        same(
            "test_django_whitenoise: test_no_content_disposition_header",
            "There is no `Content-Disposition`.",
            || {
                assert_eq!(header(&site().get("/static/app.js", &[]), "content-disposition"), "-");
            },
        ),
        same(
            "test_django_whitenoise: test_requests_for_directory_safely_ignored",
            "A directory is not found.",
            || {
                assert_eq!(site().get("/static/sub", &[]).status(), 404);
            },
        ),
        same(
            "test_storage: test_compressed_static_files_storage",
            "Variants are next to their file.",
            || {
                let site = site();
                assert!(site.has("app.*.css.gz") && site.has("app.*.css.br"), "{:?}", site.files());
            },
        ),
        same(
            "test_storage: test_compressed_static_files_storage_dry_run",
            "A dry run writes nothing.",
            || {
                let site = Site::with(
                    "collect.compress = ['gzip']",
                    &[("app.css", &*"a { color: red }\n".repeat(100))],
                );
                fingerpost_collect::collect(&site.config().dry_run(true)).expect("a dry run");
                assert_eq!(site.files(), [""; 0]);
            },
        ),
        same(
            "test_storage: test_make_helpful_exception",
            "A broken reference is reported with the file that contains it.",
            || {
                let error = Site::new(&[("styles/app.css", "a{b:url(gone.png)}")])
                    .try_collect()
                    .expect_err("a broken reference");
                assert_contains(&error, "styles/app.css");
                assert_contains(&error, "gone.png");
            },
        ),
        same(
            "test_storage: test_unversioned_files_are_deleted",
            "The output directory has only hashed names, by default.",
            || {
                let site = site();
                assert!(site.has("app.*.css") && !site.has("app.css"), "{:?}", site.files());
            },
        ),
        same(
            "test_storage: test_manifest_file_is_left_in_place",
            "The manifest is in the output directory.",
            || assert!(site().has("staticfiles.json")),
        ),
        different(
            "test_storage: test_manifest_strict_attribute_is_set",
            "A missing asset is always an error; there is no lenient mode.",
            || {
                site().assets().url("gone.css").expect_err("no asset");
            },
        ),
        same("test_compress: test_compresses_file", "A variant decodes to the file.", || {
            let response = site().get("/static/app.css", &[("accept-encoding", "gzip")]);
            let mut text = String::new();
            std::io::Read::read_to_string(
                &mut flate2::read::GzDecoder::new(response.body().as_ref()),
                &mut text,
            )
            .expect("gzip");
            assert_eq!(text, "a { color: red }\n".repeat(100));
        }),
        same("test_compress: test_doesnt_compress_if_no_saving", "A small file has no variant.", || {
            assert!(
                !Site::with("collect.compress = ['gzip']", &[("small.css", "hi")])
                    .collected()
                    .has("small.*.css.gz")
            );
        }),
        same(
            "test_compress: test_ignores_other_extensions",
            "Images in compressed formats have no variant.",
            || {
                let site = Site::with("collect.compress = ['gzip']", &[("image.jpg", &*"a".repeat(1000))])
                    .collected();
                assert!(site.has("image.*.jpg") && !site.has("image.*.jpg.gz"));
            },
        ),
        same("test_media_types: test_matched_extension", "`.js` is `text/javascript`.", || {
            assert_contains(header(&site().get("/static/app.js", &[]), "content-type"), "text/javascript");
        }),
        same(
            "test_media_types: test_unmatched_extension",
            "An unknown extension is `application/octet-stream`.",
            || {
                assert_eq!(
                    header(&site().get("/static/a.foobar", &[]), "content-type"),
                    "application/octet-stream"
                );
            },
        ),
    ],
};

#[test]
fn cases_of_whitenoise() {
    CASES.check();
}
