//! The tests of Propshaft, the asset pipeline of Rails, with inputs of our own.

use std::time::Duration;

use fingerpost::Mode;
use fingerpost_collect::{CleanConfig, clean};

use super::{Group, Site, assert_contains, different, same};
use crate::tools::header;

/// Files next to, below and above of `foobar/source/test.css`.
const FILES: &[(&str, &str)] = &[
    ("file.jpg", "1"),
    ("foobar/file.jpg", "2"),
    ("foobar/source/file.jpg", "3"),
    ("foobar/source/file.svg", "4"),
    ("foobar/source/images/file.jpg", "5"),
    ("foobar/sibling/file.jpg", "6"),
    ("file.js", "export const a = 1"),
    ("foobar/file.js", "export const a = 2"),
    ("foobar/source/file.js", "export const a = 3"),
];

/// Checks the published text of a file in `foobar/source`.
#[track_caller]
fn publishes(name: &str, content: &str, expected: &str) {
    let site = Site::new(FILES);
    let path = format!("foobar/source/{name}");
    site.write_asset(&path, content);
    assert_eq!(site.collected().text(&path), expected);
}

#[track_caller]
fn css(content: &str, expected: &str) {
    publishes("test.css", content, expected);
}

#[track_caller]
fn js(content: &str, expected: &str) {
    publishes("test.js", content, expected);
}

/// Checks that `collect` fails, and that the severity `warn` leaves the reference unchanged.
#[track_caller]
fn missing(name: &str, content: &str) {
    let site = Site::new(FILES);
    site.write_asset(&format!("foobar/source/{name}"), content);
    assert_contains(&site.try_collect().expect_err("a broken reference"), "does not exist");
    let site = Site::with("collect.rules.missing = 'warn'", FILES);
    site.write_asset(&format!("foobar/source/{name}"), content);
    assert_eq!(site.collected().text(&format!("foobar/source/{name}")), content);
}

pub(super) const STYLES: Group = Group {
    peer: "Propshaft",
    ours: "propshaft::style_sheets_of_propshaft",
    cases: &[
        same("css_asset_urls_test: basic", "An unquoted `url()` gets the hash.", || {
            css("a{background:url(file.jpg)}", "a{background:url(file.*.jpg)}");
        }),
        same(
            "css_asset_urls_test: blank spaces around name",
            "Spaces inside of `url()` are allowed.",
            || {
                css("a{background:url( file.jpg )}", "a{background:url( file.*.jpg )}");
            },
        ),
        same("css_asset_urls_test: quotes around name", "Double quotes are allowed.", || {
            css("a{background:url(\"file.jpg\")}", "a{background:url(\"file.*.jpg\")}");
        }),
        same(
            "css_asset_urls_test: single quotes around name",
            "Single quotes are allowed and preserved.",
            || {
                css("a{background:url('file.jpg')}", "a{background:url('file.*.jpg')}");
            },
        ),
        different(
            "css_asset_urls_test: root directory",
            "A path with a leading slash is a path of the site, as in browsers, so `/static/file.jpg` gets the hash and `/file.jpg` causes a warning.",
            || {
                css("a{background:url(/static/file.jpg)}", "a{background:url(/static/file.*.jpg)}");
                css("a{background:url(/file.jpg)}", "a{background:url(/file.jpg)}");
                let site = Site::new(&[("file.jpg", "1"), ("a.css", "a{background:url(/file.jpg)}")]);
                assert_eq!(site.collect().warnings.len(), 1);
            },
        ),
        same("css_asset_urls_test: same directory", "A path with `./` is resolved.", || {
            css("a{background:url('./file.jpg')}", "a{background:url('./file.*.jpg')}");
        }),
        same("css_asset_urls_test: subdirectory", "A path into a subdirectory is resolved.", || {
            css("a{background:url('./images/file.jpg')}", "a{background:url('./images/file.*.jpg')}");
        }),
        same("css_asset_urls_test: parent directory", "A path with `../` is resolved.", || {
            css("a{background:url('../file.jpg')}", "a{background:url('../file.*.jpg')}");
        }),
        same("css_asset_urls_test: grandparent directory", "A path with `../../` is resolved.", || {
            css("a{background:url('../../file.jpg')}", "a{background:url('../../file.*.jpg')}");
        }),
        same(
            "css_asset_urls_test: sibling directory",
            "A path into a sibling directory is resolved.",
            || {
                css("a{background:url('../sibling/file.jpg')}", "a{background:url('../sibling/file.*.jpg')}");
            },
        ),
        same("css_asset_urls_test: mixed", "A `url()` inside of another function gets the hash.", || {
            css(
                "a{mask-image:image(url(file.jpg), red, linear-gradient(rgba(0, 0, 0, 1.0), transparent))}",
                "a{mask-image:image(url(file.*.jpg), red, linear-gradient(rgba(0, 0, 0, 1.0), transparent))}",
            );
        }),
        same("css_asset_urls_test: multiple", "Each of several `url()` gets the hash.", || {
            css("a{content:url(file.svg) url(file.svg)}", "a{content:url(file.*.svg) url(file.*.svg)}");
        }),
        same("css_asset_urls_test: url", "URLs with a scheme are unchanged.", || {
            let text = "a{background:url('https://example.com/file.svg')}";
            css(text, text);
        }),
        same("css_asset_urls_test: relative protocol url", "URLs of another host are unchanged.", || {
            let text = "a{background:url('//example.com/file.svg')}";
            css(text, text);
        }),
        same("css_asset_urls_test: data", "`data:` URLs are unchanged.", || {
            let text = "a{background:url(data:image/png;base64,iRxVB0)}";
            css(text, text);
        }),
        same("css_asset_urls_test: anchor", "Fragments alone are unchanged.", || {
            css("a{filter:url(#blur)}", "a{filter:url(#blur)}");
        }),
        same("css_asset_urls_test: fingerprint", "A query is preserved.", || {
            css("a{background:url('file.jpg?30af91bf')}", "a{background:url('file.*.jpg?30af91bf')}");
        }),
        same("css_asset_urls_test: svg anchor", "A fragment is preserved.", || {
            css("a{content:url(file.svg#rails)}", "a{content:url(file.*.svg#rails)}");
        }),
        same(
            "css_asset_urls_test: svg mask encoded anchor",
            "A `url()` inside of a `data:` URL is unchanged.",
            || {
                let text =
                    "a{background:url(\"data:image/svg+xml,%3Csvg mask='url(%23MyMask)'%3E%3C/svg%3E\")}";
                css(text, text);
            },
        ),
        same("css_asset_urls_test: non greedy anchors", "A fragment ends at its parenthesis.", || {
            css(
                "a{content:url(file.svg#b) url(file.svg#b)}",
                "a{content:url(file.*.svg#b) url(file.*.svg#b)}",
            );
        }),
        different(
            "css_asset_urls_test: missing asset",
            "A reference to a missing file fails the run instead of a warning in a log, unless its rule has a lower severity.",
            || missing("test.css", "a{background:url(\"gone.jpg\")}"),
        ),
        different(
            "css_asset_urls_test: relative url root",
            "References stay relative, so a prefix of the site does not change the style sheet.",
            || {
                let site = Site::with("base-url = '/root/static/'", FILES);
                site.write_asset("foobar/source/test.css", "a{background:url(file.jpg)}");
                site.collect();
                assert_contains(
                    &site.assets().url("foobar/source/test.css").expect("an asset"),
                    "/root/static/foobar/",
                );
                let name = |file: &String| file.ends_with("test.*.css");
                assert_eq!(site.files().iter().filter(|file| name(file)).count(), 1);
            },
        ),
    ],
};

pub(super) const SCRIPTS: Group = Group {
    peer: "Propshaft",
    ours: "propshaft::scripts_of_propshaft",
    cases: &[
        same(
            "js_import_urls_test: basic relative imports and exports to file in same folder",
            "`import` and `export … from` get the hash.",
            || {
                js("import \"./file.js\"", "import \"./file.*.js\"");
                js("import * as a from \"./file.js\"", "import * as a from \"./file.*.js\"");
                js("export * from \"./file.js\"", "export * from \"./file.*.js\"");
            },
        ),
        same(
            "js_import_urls_test: basic relative imports and exports to file with single quotes",
            "Quotes are preserved.",
            || {
                js("import './file.js'", "import './file.*.js'");
                js("export * from './file.js'", "export * from './file.*.js'");
            },
        ),
        same(
            "js_import_urls_test: multiline imports and exports to file in same folder",
            "Statements may have several lines.",
            || {
                js("import {\na as b\n} from \"./file.js\"", "import {\na as b\n} from \"./file.*.js\"");
                js("export {\na as b\n} from \"./file.js\"", "export {\na as b\n} from \"./file.*.js\"");
            },
        ),
        same(
            "js_import_urls_test: imports and exports with excess space to file in same folder",
            "Spaces are preserved.",
            || {
                js("import    \"./file.js\"", "import    \"./file.*.js\"");
                js("export    *  from     \"./file.js\"", "export    *  from     \"./file.*.js\"");
            },
        ),
        same(
            "js_import_urls_test: basic relative imports and exports to file in same parent",
            "Paths with `../` are resolved.",
            || {
                js("import \"../file.js\"", "import \"../file.*.js\"");
                js("export * from \"../file.js\"", "export * from \"../file.*.js\"");
            },
        ),
        same(
            "js_import_urls_test: multiline imports and exports to file in same parent",
            "Statements with `../` may have several lines.",
            || {
                js("import {\na as b\n} from \"../file.js\"", "import {\na as b\n} from \"../file.*.js\"");
            },
        ),
        same(
            "js_import_urls_test: imports and exports with excess space to file in same parent",
            "Spaces before `../` are preserved.",
            || {
                js("export  *  from    \"../file.js\"", "export  *  from    \"../file.*.js\"");
            },
        ),
        different(
            "js_import_urls_test: basic relative imports and exports to file in the root",
            "A path with a leading slash is a path of the site, so `/static/file.js` gets the hash.",
            || {
                js("import \"/static/file.js\"", "import \"/static/file.*.js\"");
                js("import \"/file.js\"", "import \"/file.js\"");
            },
        ),
        different(
            "js_import_urls_test: multiline imports and exports to file in the root",
            "The same difference in statements with several lines.",
            || {
                js(
                    "import {\na as b\n} from \"/static/file.js\"",
                    "import {\na as b\n} from \"/static/file.*.js\"",
                )
            },
        ),
        different(
            "js_import_urls_test: imports and exports with excess space to file in the root",
            "The same difference in statements with more spaces.",
            || js("export  *  from    \"/static/file.js\"", "export  *  from    \"/static/file.*.js\""),
        ),
        same(
            "js_import_urls_test: basic relative dynamic imports to file in same folder",
            "`import()` gets the hash.",
            || {
                js("import(\"./file.js\").then()", "import(\"./file.*.js\").then()");
            },
        ),
        same(
            "js_import_urls_test: basic relative dynamic imports to file with single quotes",
            "`import()` keeps its quotes.",
            || {
                js("import('./file.js')", "import('./file.*.js')");
            },
        ),
        same(
            "js_import_urls_test: dynamic imports with excess space to file in same folder",
            "`import()` keeps its spaces.",
            || {
                js("import  (  \"./file.js\"    ) ", "import  (  \"./file.*.js\"    ) ");
            },
        ),
        different("js_import_urls_test: missing asset", "An import of a missing file fails the run.", || {
            missing("test.js", "import \"./gone.js\"");
        }),
        same(
            "js_import_urls_test: relative protocol url",
            "Imports from another host are unchanged.",
            || {
                js("import \"//example.com/main.js\"", "import \"//example.com/main.js\"");
            },
        ),
        different(
            "js_asset_urls_test: the asset exists",
            "The standard `new URL(…, import.meta.url)` takes the place of the macro `RAILS_ASSET_URL`.",
            || js("new URL(\"file.svg\", import.meta.url)", "new URL(\"file.*.svg\", import.meta.url)"),
        ),
        different("js_asset_urls_test: the asset does not exist", "A missing file fails the run.", || {
            missing("test.js", "new URL(\"missing.svg\", import.meta.url)");
        }),
        same(
            "js_asset_urls_test: resolves a parent segment that is not at the start",
            "Segments such as `images/../` are resolved.",
            || {
                js(
                    "new URL(\"images/../file.svg\", import.meta.url)",
                    "new URL(\"images/../file.*.svg\", import.meta.url)",
                );
            },
        ),
        different(
            "js_asset_urls_test: leaves a path that escapes the load path unresolved",
            "A relative reference that leaves the base URL is an error.",
            || {
                let site = Site::new(FILES);
                site.write_asset("foobar/source/test.js", "new URL('../../../missing.svg', import.meta.url)");
                site.try_collect().expect_err("a reference outside of the base URL");
            },
        ),
        same(
            "source_mapping_urls_test: matching source map",
            "The comment at the end of a script or style sheet gets the hash.",
            || {
                let maps = &[
                    ("a.js", "f()\n//# sourceMappingURL=a.js.map"),
                    ("a.js.map", "{}"),
                    ("a.css", "a{}\n/*# sourceMappingURL=a.css.map */"),
                    ("a.css.map", "{}"),
                ];
                let site = Site::new(maps).collected();
                assert_eq!(site.text("a.js"), "f()\n//# sourceMappingURL=a.js.*.map");
                assert_eq!(site.text("a.css"), "a{}\n/*# sourceMappingURL=a.css.*.map */");
            },
        ),
        same(
            "source_mapping_urls_test: matching nested source map",
            "Source maps in subdirectories are resolved.",
            || {
                let site =
                    Site::new(&[("n/a.js", "f()\n//# sourceMappingURL=a.js.map"), ("n/a.js.map", "{}")]);
                assert_eq!(site.collected().text("n/a.js"), "f()\n//# sourceMappingURL=a.js.*.map");
            },
        ),
        different(
            "source_mapping_urls_test: missing source map",
            "The comment is unchanged and causes a warning, because other bytes are never removed.",
            || {
                let site = Site::new(&[("a.js", "f()\n//# sourceMappingURL=a.js.map")]);
                assert_eq!(site.collect().warnings.len(), 1);
                assert_eq!(site.text("a.js"), "f()\n//# sourceMappingURL=a.js.map");
            },
        ),
        different(
            "source_mapping_urls_test: sourceMappingURL removal due to missing map does not damage /* ... */ comments",
            "Nothing is removed.",
            || {
                let site = Site::new(&[("a.css", "a{}\n/*# sourceMappingURL=a.css.map */\n")]);
                assert_eq!(site.collected().text("a.css"), "a{}\n/*# sourceMappingURL=a.css.map */\n");
            },
        ),
        same(
            "source_mapping_urls_test: sourceMappingURL not at the beginning of the line, but at end of file, is processed",
            "The comment may follow code in its line.",
            || {
                let maps = &[
                    ("a.js", "f(); //# sourceMappingURL=a.js.map"),
                    ("a.js.map", "{}"),
                    ("a.css", "a{} /*# sourceMappingURL=a.css.map */"),
                    ("a.css.map", "{}"),
                ];
                let site = Site::new(maps).collected();
                assert_eq!(site.text("a.js"), "f(); //# sourceMappingURL=a.js.*.map");
                assert_eq!(site.text("a.css"), "a{} /*# sourceMappingURL=a.css.*.map */");
            },
        ),
        different(
            "source_mapping_urls_test: sourceMappingURL not at end of file should be left alone",
            "In a script, the comment is unchanged if code follows; in a style sheet, the comment gets the hash anywhere.",
            || {
                let files = &[("a.css", "/*# sourceMappingURL=a.css.map */\na{}"), ("a.css.map", "{}")];
                let text = Site::new(files).collected().text("a.css");
                assert_eq!(text, "/*# sourceMappingURL=a.css.*.map */\na{}");
                let site = Site::new(&[("a.js", "//# sourceMappingURL=a.js.map\nf()"), ("a.js.map", "{}")]);
                assert_eq!(site.collected().text("a.js"), "//# sourceMappingURL=a.js.map\nf()");
            },
        ),
        same(
            "source_mapping_urls_test: sourceMappingURL outside of a comment should be left alone",
            "Text outside of comments is unchanged.",
            || {
                let text = "a{content:\"# sourceMappingURL=a.css.map\"}";
                assert_eq!(
                    Site::new(&[("a.css", text), ("a.css.map", "{}")]).collected().text("a.css"),
                    text
                );
            },
        ),
        different(
            "source_mapping_urls_test: relative url root",
            "The reference stays relative, so a prefix of the site does not change the script.",
            || {
                let files = &[("a.js", "f()\n//# sourceMappingURL=a.js.map"), ("a.js.map", "{}")];
                let urls = ["/static/", "/root/static/"].map(|base| {
                    let site = Site::with(&format!("base-url = '{base}'"), files).collected();
                    site.assets().url("a.js").expect("an asset").trim_start_matches(base).to_owned()
                });
                assert_eq!(urls[0], urls[1]);
            },
        ),
    ],
};

pub(super) const CASES: Group = Group {
    peer: "Propshaft",
    ours: "propshaft::files_of_propshaft",
    cases: &[
        same(
            "load_path_test: find asset that only appears once in the paths",
            "All source directories are searched.",
            || {
                let site = two_sources();
                assert_eq!(site.collected().text("two.txt"), "two of the second");
            },
        ),
        same(
            "load_path_test: find asset from first path if it appears twice in the paths",
            "The first source directory wins.",
            || {
                assert_eq!(two_sources().collected().text("one.txt"), "one of the first");
            },
        ),
        same("load_path_test: find nested asset", "Subdirectories are part of the asset path.", || {
            assert_eq!(two_sources().collected().text("nested/three.txt"), "three");
        }),
        same(
            "load_path_test: assets dont include dot files",
            "Names with a leading dot are ignored.",
            || {
                let site = Site::new(&[(".stuff", "x"), ("a.txt", "a")]).collected();
                site.assets().url(".stuff").expect_err("an ignored file");
            },
        ),
        same("load_path_test: manifest", "The manifest maps each path to its hashed path.", || {
            assert_eq!(two_sources().collected().url("nested/three.txt"), "/static/nested/three.*.txt");
        }),
        different(
            "load_path_test: manifest with version",
            "A hash contains only the bytes of the file, so a new version of the site does not rename unchanged files.",
            || {
                let url = |version| {
                    let site =
                        Site::with(&format!("version.app = '{version}'"), &[("a.txt", "a")]).collected();
                    site.assets().url("a.txt").expect("an asset").to_string()
                };
                assert_eq!(url("1"), url("2"));
            },
        ),
        different(
            "load_path_test: missing load path directory",
            "A source directory that does not exist is an error, because its name is probably misspelled.",
            || {
                let site = Site::with("sources = ['static', 'nowhere']", &[("a.txt", "a")]);
                assert_contains(&site.try_collect().expect_err("a missing directory"), "nowhere");
            },
        ),
        same("asset_test: content type", "The media type follows the extension.", || {
            let site = Site::new(&[("a.txt", "a"), ("a.js", ""), ("a.css", "")]).collected();
            for (path, media_type) in
                [("a.txt", "text/plain"), ("a.js", "text/javascript"), ("a.css", "text/css")]
            {
                assert_contains(
                    header(&site.get(&format!("/static/{path}"), &[]), "content-type"),
                    media_type,
                );
            }
        }),
        same("asset_test: digest", "Equal bytes have equal hashes.", || {
            let site = Site::new(&[("a.txt", "same"), ("b.txt", "same")]).collected();
            assert_eq!(
                site.assets().url("a.txt").expect("an asset").replace("/a.", "/b."),
                *site.assets().url("b.txt").expect("an asset")
            );
        }),
        same("asset_test: fresh", "A hashed name of other bytes is not found.", || {
            let site = Site::new(&[("a.txt", "a")]).collected();
            assert_eq!(site.get("/static/a.0123456789ab.txt", &[]).status(), 404);
        }),
        different(
            "asset_test: digested path",
            "A name with the form of a hashed name is not trusted, and files that already have a hash are listed in `prehashed`.",
            || {
                let files = &[("one.txt", "1"), ("file-abcdef0123456789.digested.css", "a{}")];
                let site = Site::new(files).collected();
                assert_eq!(site.url("one.txt"), "/static/one.*.txt");
                assert_eq!(site.url(files[1].0), "/static/file-abcdef0123456789.digested.*.css");
                let site = Site::with("collect.prehashed = ['*.digested.css']", files).collected();
                assert_eq!(site.url(files[1].0), "/static/file-abcdef0123456789.digested.css");
            },
        ),
        same(
            "assembly_test: uses static resolver when manifest is present",
            "In production, the manifest is used.",
            || {
                assert_eq!(Site::new(&[("a.txt", "a")]).collected().assets().mode(), Mode::Production);
            },
        ),
        different(
            "assembly_test: uses dynamic resolver when manifest is missing",
            "The mode is a setting, so a missing manifest in production is an error.",
            || {
                let site = Site::new(&[("a.txt", "a")]);
                let builder = fingerpost::Assets::builder().settings(site.settings()).mode(Mode::Production);
                builder.build().expect_err("no manifest");
            },
        ),
        same("processor_test: manifest is written", "`collect` writes the manifest.", || {
            assert!(Site::new(&[("one.txt", "1")]).collected().has("staticfiles.json"));
        }),
        same("processor_test: assets are copied", "`collect` writes the files under hashed names.", || {
            let site = two_sources().collected();
            assert!(site.has("one.*.txt") && site.has("nested/three.*.txt"), "{:?}", site.files());
        }),
        same(
            "manifest_test: serializes to the extensible manifest format with integrity hash value",
            "Each asset has an integrity value; ours are SHA-256.",
            || {
                let site = Site::new(&[("a.txt", "a")]).collected();
                assert!(site.assets().integrity("a.txt").expect("an asset").starts_with("sha256-"));
            },
        ),
        same(
            "resolver/static_test: resolving present asset returns uri path",
            "The URL has the base URL and the hashed path.",
            || {
                assert_eq!(Site::new(&[("one.txt", "1")]).collected().url("one.txt"), "/static/one.*.txt");
            },
        ),
        same(
            "resolver/static_test: resolving missing asset returns nil",
            "A missing asset has no URL.",
            || {
                Site::new(&[("one.txt", "1")]).collected().assets().url("nowhere.txt").expect_err("no asset");
            },
        ),
        same(
            "resolver/static_test: integrity for missing asset returns nil",
            "A missing asset has no integrity value.",
            || {
                Site::new(&[("one.txt", "1")])
                    .collected()
                    .assets()
                    .integrity("nowhere.txt")
                    .expect_err("no asset");
            },
        ),
        same(
            "resolver/dynamic_test: resolving missing asset returns nil",
            "A missing asset has no URL in development.",
            || {
                let site = Site::new(&[("one.txt", "1")]);
                let assets = fingerpost::Assets::dev(site.path("static")).expect("a source directory");
                assets.url("nowhere.txt").expect_err("no asset");
            },
        ),
        same(
            "server_test: serve a compiled file",
            "A hashed path is `immutable`, with length, type and ETag; our `Vary` is only on files with variants.",
            || {
                let site = Site::new(&[("a.css", "a{background:url(b.png)}"), ("b.png", "b")]).collected();
                let response = site.get(&site.assets().url("a.css").expect("an asset"), &[]);
                assert_eq!(response.status(), 200);
                assert_eq!(header(&response, "content-length"), response.body().len().to_string());
                assert_contains(header(&response, "content-type"), "text/css");
                assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
                assert!(header(&response, "etag").starts_with('"'));
                assert_contains(std::str::from_utf8(response.body()).expect("text"), "url(b.");
            },
        ),
        same("server_test: serve a predigested file", "A file with a hash of its own is served.", || {
            let site = Site::with("collect.prehashed = ['*.digested.css']", &[("a-abc.digested.css", "a{}")])
                .collected();
            assert_eq!(site.get("/static/a-abc.digested.css", &[]).status(), 200);
        }),
        different(
            "server_test: not found",
            "A 404 also has `no-store`, because the file may exist a second later.",
            || {
                let response = Site::new(&[("a.js", "")]).collected().get("/static/not-found.js", &[]);
                assert_eq!(
                    (response.status().as_u16(), header(&response, "cache-control")),
                    (404, "no-store")
                );
                assert_eq!(header(&response, "etag"), "-");
            },
        ),
        different(
            "server_test: not found if digest does not match",
            "The plain path is served with a short lifetime, because hand-written HTML uses plain paths.",
            || {
                let response = Site::new(&[("a.css", "a{}")]).collected().get("/static/a.css", &[]);
                assert_eq!(
                    (response.status().as_u16(), header(&response, "cache-control")),
                    (200, "public, max-age=3600")
                );
            },
        ),
        same(
            "output_path_test: clean always keeps most current versions",
            "The current release is never removed.",
            || {
                let site = Site::new(&[("a.txt", "1")]).collected();
                clean_to(&site, 1, Duration::ZERO);
                assert!(site.has("a.*.txt") && site.has("staticfiles.json"));
            },
        ),
        different(
            "output_path_test: clean keeps versions of assets that no longer exist",
            "Releases are retained as a whole, so a removed asset stays as long as a retained release contains the asset.",
            || {
                let site = Site::new(&[("a.txt", "1"), ("b.txt", "2")]).collected();
                std::fs::remove_file(site.path("static/b.txt")).expect("a file");
                site.collect();
                clean_to(&site, 2, Duration::ZERO);
                assert!(site.has("b.*.txt"));
            },
        ),
        same(
            "output_path_test: clean keeps the correct number of versions",
            "Versions beyond the number are removed.",
            || {
                let site = three_releases();
                clean_to(&site, 1, Duration::ZERO);
                assert_eq!(site.files(), ["a.*.txt", "staticfiles.json"]);
            },
        ),
        same(
            "output_path_test: clean keeps all versions under a certain age",
            "Recent versions are retained beyond the number.",
            || {
                let site = three_releases();
                clean_to(&site, 1, Duration::from_secs(3600));
                assert_eq!(site.files(), ["a.*.txt", "a.*.txt", "a.*.txt", "staticfiles.json"]);
            },
        ),
    ],
};

fn two_sources() -> Site {
    let files = &[("one.txt", "one of the first"), ("nested/three.txt", "three")];
    let site = Site::with("sources = ['static', 'second']", files);
    site.write("second/one.txt", "one of the second");
    site.write("second/two.txt", "two of the second");
    site
}

fn three_releases() -> Site {
    let site = Site::new(&[]);
    for content in ["1", "2", "3"] {
        site.write_asset("a.txt", content);
        site.collect();
    }
    site
}

fn clean_to(site: &Site, keep: usize, age: Duration) {
    clean(&CleanConfig::new(site.path("out")).keep(keep).older_than(age)).expect("a cleaned directory");
}

#[test]
fn style_sheets_of_propshaft() {
    STYLES.check();
}

#[test]
fn scripts_of_propshaft() {
    SCRIPTS.check();
}

#[test]
fn files_of_propshaft() {
    CASES.check();
}
