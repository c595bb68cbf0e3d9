//! The tests of Django in `tests/staticfiles_tests`. The fixtures of Django are collected with the program `fingerpost`.

use std::{fs, path::Path, process::Command, sync::OnceLock};

use fingerpost::Assets;

use super::{Group, Site, assert_contains, different, published_files, same, without_hashes};
use crate::tools::{self, built, header};

/// The directory `project` of Django's tests, collected with the settings of Django's tests.
fn fixture() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let sources = "sources = ['documents', 'prefix=prefixed', 'pathlib', 'test', 'no_label']\nignore = ['*.ignoreme']";
        let site = fixture_site(sources, &["documents", "prefixed", "pathlib"]);
        copy(&fixtures("apps/test/static"), &site.path("test"));
        copy(&fixtures("apps/no_label/static"), &site.path("no_label"));
        assert_eq!(run(&site, &[]), (true, String::new()));
        site
    })
}

/// A site with these directories of `project`.
fn fixture_site(settings: &str, dirs: &[&str]) -> Site {
    let site = Site::with(settings, &[]);
    dirs.iter().for_each(|dir| copy(&fixtures("project").join(dir), &site.path(dir)));
    site
}

fn fixtures(path: &str) -> std::path::PathBuf {
    tools::cache().join("django-tests/staticfiles_tests").join(path)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new directory");
    for entry in fs::read_dir(from).expect("a readable directory").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a readable file");
        }
    }
}

/// Runs `fingerpost collect`, and returns its success and its errors.
fn run(site: &Site, arguments: &[&str]) -> (bool, String) {
    static PROGRAM: OnceLock<std::path::PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| built("fingerpost-cli", "fingerpost"));
    let mut command = Command::new(program);
    let output = command.arg("collect").args(arguments).current_dir(site.path("")).output();
    let output = output.expect("a program that starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<_> =
        errors.lines().filter(|line| line.starts_with("error") || line.starts_with(" -->")).collect();
    (output.status.success(), errors.join("\n"))
}

/// Checks that the published file contains the text.
#[track_caller]
fn has(path: &str, part: &str) {
    assert_contains(&fixture().text(path), part);
}

/// Checks that the file is published without a change.
#[track_caller]
fn unchanged(path: &str) {
    let source = fs::read_to_string(fixtures("project/documents").join(path)).expect("a fixture");
    assert_eq!(fixture().text(path), source);
}

/// Checks the published text and the response for the plain path.
#[track_caller]
fn contains(path: &str, encoded: &str, part: &str) {
    has(path, part);
    let response = fixture().get(&format!("/static/{encoded}"), &[]);
    assert_contains(&String::from_utf8_lossy(response.body()), part);
}

#[track_caller]
fn not_found(path: &str) {
    fixture().assets().url(path).expect_err("an ignored file");
    assert_eq!(fixture().get(&format!("/static/{path}"), &[]).status(), 404);
}

pub(super) const FIXTURES: Group = Group {
    peer: "Django",
    ours: "django::fixtures_of_django",
    cases: &[
        same(
            "test_storage: TestHashedFiles.test_template_tag_return",
            "A URL has the hash; a missing file is an error.",
            || {
                fixture().assets().url("does/not/exist.png").expect_err("no asset");
                assert_eq!(fixture().url("test/file.txt"), "/static/test/file.*.txt");
                assert_eq!(fixture().url("cached/styles.css"), "/static/cached/styles.*.css");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_simple_content",
            "`url()` in `@import` gets the hash.",
            || {
                has("cached/styles.css", "url(\"other.*.css\")");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_path_ignored_completely",
            "Fragments, schemes, other hosts and empty `url()` are unchanged.",
            || {
                unchanged("cached/css/ignored.css");
            },
        ),
        same("test_storage: TestHashedFiles.test_path_with_querystring", "A query is preserved.", || {
            assert_eq!(fixture().url("cached/styles.css?spam=eggs"), "/static/cached/styles.*.css?spam=eggs");
        }),
        same("test_storage: TestHashedFiles.test_path_with_fragment", "A fragment is preserved.", || {
            assert_eq!(fixture().url("cached/styles.css#eggs"), "/static/cached/styles.*.css#eggs");
        }),
        same(
            "test_storage: TestHashedFiles.test_path_with_querystring_and_fragment",
            "Queries and fragments in CSS are preserved, also with dots and slashes.",
            || {
                for part in [
                    "fonts/font.*.eot?#iefix",
                    "fonts/font.*.svg#webfontIyfZbseF",
                    "fonts/font.*.svg#path/to/../../fonts/font.svg",
                    "data:font/woff;charset=utf-8;base64,d09GRgABAAAAADJoAA0AAAAAR2QAAQAAAAAAAAAAAAA",
                    "#default#VML",
                ] {
                    has("cached/css/fragments.css", part);
                }
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_absolute",
            "Paths below the base URL get the hash.",
            || {
                for part in [
                    "/static/cached/styles.*.css",
                    "/static/styles_root.*.css",
                    "/static/cached/img/relative.*.png",
                ] {
                    has("cached/absolute.css", part);
                }
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_absolute_root",
            "The same in a file at the root.",
            || {
                has("absolute_root.css", "/static/styles_root.*.css");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_relative",
            "Relative paths get the hash.",
            || {
                for part in [
                    "url(\"../cached/styles.*.css\")",
                    "url(\"absolute.*.css\")",
                    "url(\"absolute.*.css#eggs\")",
                    "url(img/relative.*.png)",
                ] {
                    has("cached/relative.css", part);
                }
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_import_replacement",
            "`@import` with a string gets the hash; we keep the string.",
            || {
                has("cached/import.css", "@import 'styles.*.css'");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_deep_relative",
            "Paths into subdirectories get the hash.",
            || {
                has("cached/css/window.css", "url(\"img/window.*.png\")");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_template_tag_url",
            "URLs with `https:` are unchanged.",
            || unchanged("cached/url.css"),
        ),
        different(
            "test_storage: TestHashedFiles.test_import_loop",
            "A cycle of imports is valid CSS and is published: a cycle is hashed as one group.",
            || {
                let site = fixture_site("sources = ['loop']", &["loop"]);
                assert_eq!(run(&site, &[]), (true, String::new()));
                assert_contains(&site.text("foo.css"), "bar.*.css");
                assert_contains(&site.text("bar.css"), "foo.*.css");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_post_processing",
            "A second run writes nothing, and each file is published once.",
            || {
                let before = fixture().files();
                assert_eq!(fixture().collect().written, 0);
                assert_eq!(fixture().files(), before);
                has("test/nonascii.css", "window.*.png");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_css_import_case_insensitive",
            "Keywords of CSS have any case.",
            || {
                has("cached/styles_insensitive.css", "uRL(\"other.*.css\")");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_css_source_map",
            "The source map of a style sheet gets the hash.",
            || {
                has("cached/source_map.css", "sourceMappingURL=source_map.css.*.map");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_css_source_map_tabs",
            "Tabs around the URL are allowed and preserved.",
            || {
                has("cached/source_map_tabs.css", "sourceMappingURL=source_map.css.*.map");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_css_source_map_sensitive",
            "`sourceMappingURL` is case-sensitive.",
            || {
                unchanged("cached/source_map_sensitive.css");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_css_source_map_data_uri",
            "A map in a `data:` URL is unchanged.",
            || {
                unchanged("cached/source_map_data_uri.css");
            },
        ),
        different(
            "test_storage: TestHashedFiles.test_js_source_map",
            "Code follows the comment in this script, so the comment refers to no source map (ECMA-426).",
            || unchanged("cached/source_map.js"),
        ),
        different(
            "test_storage: TestHashedFiles.test_js_source_map_trailing_whitespace",
            "Code follows the comment in this script as well.",
            || unchanged("cached/source_map_trailing_whitespace.js"),
        ),
        same(
            "test_storage: TestHashedFiles.test_js_source_map_sensitive",
            "`sourceMappingURL` is case-sensitive in scripts.",
            || {
                unchanged("cached/source_map_sensitive.js");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_js_source_map_data_uri",
            "A map in a `data:` URL is unchanged in scripts.",
            || {
                unchanged("cached/source_map_data_uri.js");
            },
        ),
        same(
            "test_storage: TestHashedFiles.test_post_processing_failure",
            "A broken reference fails the run, and the message names the file.",
            || {
                let site = fixture_site("sources = ['faulty']", &["faulty"]);
                let (succeeded, errors) = run(&site, &[]);
                assert!(!succeeded);
                assert_contains(&errors, "faulty.css:1:14");
            },
        ),
        different(
            "test_storage: TestHashedFiles.test_post_processing_nonutf8",
            "A style sheet in another encoding is valid CSS; its bytes are preserved.",
            || {
                let site = fixture_site("sources = ['nonutf8']", &["nonutf8"]);
                assert_eq!(run(&site, &[]), (true, String::new()));
                assert_eq!(site.files(), ["nonutf8.*.css", "staticfiles.json"]);
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_manifest_exists",
            "The manifest has the same name.",
            || {
                assert!(fixture().has("staticfiles.json"));
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_loaded_cache",
            "The manifest has the same version.",
            || {
                let manifest =
                    fs::read_to_string(fixture().path("out/staticfiles.json")).expect("a manifest");
                assert_contains(&manifest.replace("\": \"", "\":\""), "\"version\":\"1.1\"");
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_parse_cache",
            "The manifest in memory equals the file.",
            || {
                let manifest =
                    fs::read_to_string(fixture().path("out/staticfiles.json")).expect("a manifest");
                let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
                let paths = manifest["paths"].as_object().expect("paths");
                assert_eq!(paths.len(), fixture().assets().iter().count());
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_intermediate_files",
            "No intermediate files remain.",
            || {
                let files = fixture().files();
                assert_eq!(
                    files.iter().filter(|file| file.starts_with("cached/relative.")).count(),
                    1,
                    "{files:?}"
                );
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_manifest_hash_v1",
            "Manifests of version 1.0 are read; the hash is unknown.",
            || {
                let site = Site::new(&[]);
                site.write(
                    "out/staticfiles.json",
                    fs::read(fixtures("project/documents/staticfiles_v1.json")).expect("a fixture"),
                );
                assert_eq!(*site.assets().app_version(), *"unknown");
                assert_eq!(&*site.assets().url("dummy.txt").expect("an asset"), "/static/dummy.txt");
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorageStaticUrlSlash.test_protocol_relative_url_ignored",
            "With the base URL `/`, another host is not a path.",
            || {
                let site =
                    fixture_site("sources = ['static_url_slash']\nbase-url = '/'", &["static_url_slash"]);
                assert_eq!(run(&site, &[]), (true, String::new()));
                assert_contains(&site.text("ignored.css"), "url(\"//foobar\")");
            },
        ),
        same(
            "test_storage: TestCollectionJSModuleImportAggregationManifestStorage.test_module_import",
            "`import` and `import()` get the hash, in every spelling; here without a setting.",
            || {
                let text = fixture().text("cached/module.js");
                for part in [
                    "from \"/static/absolute_root.*.js\"",
                    "import*as m from \"./module_test.*.js\"",
                    "import*  as  m from \"./module_test.*.js\"",
                    "from \"../nested/js/nested.*.js\"",
                    "import(\"./module_test.*.js\")",
                ] {
                    assert_contains(&text, part);
                }
                assert!(!text.contains("module_test.js"), "{text}");
            },
        ),
        same(
            "test_storage: TestCollectionJSModuleImportAggregationManifestStorage.test_aggregating_modules",
            "`export … from` gets the hash.",
            || {
                has("cached/module.js", "export * from \"./module_test.*.js\"");
                has("cached/module.js", "export { testConst } from \"./module_test.*.js\"");
                has("cached/module.js", "} from \"./module_test.*.js\"");
            },
        ),
        same("test_management: TestCollection.test_ignore", "Globs of `ignore` are not published.", || {
            not_found("test/test.ignoreme")
        }),
        same(
            "test_management: TestCollection.test_common_ignore_patterns",
            "The default globs are the same: `.*`, `*~` and `CVS`.",
            || {
                ["test/.hidden", "test/backup~", "test/CVS"].into_iter().for_each(not_found);
            },
        ),
        same("test_management: TestCollection.test_pathlib", "Source directories are paths.", || {
            contains("pathlib.txt", "pathlib.txt", "pathlib")
        }),
        same(
            "test_management: TestCollectionDryRun.test_no_files_created",
            "A dry run writes nothing.",
            || {
                let site = fixture_site("sources = ['documents']", &["documents"]);
                assert_eq!(run(&site, &["--dry-run"]), (true, String::new()));
                assert_eq!(published_files(&site.path("out")), [""; 0]);
            },
        ),
        same("cases: TestDefaults.test_staticfiles_dirs", "A source directory may have a prefix.", || {
            contains("test.txt", "test.txt", "Can we find");
            contains("prefix/test.txt", "prefix/test.txt", "Prefix");
        }),
        same(
            "cases: TestDefaults.test_staticfiles_dirs_subdir",
            "Files in subdirectories are found.",
            || contains("subdir/test.txt", "subdir/test.txt", "Can we find"),
        ),
        same(
            "cases: TestDefaults.test_staticfiles_dirs_priority",
            "The first source directory wins.",
            || contains("test/file.txt", "test/file.txt", "STATICFILES_DIRS"),
        ),
        same("cases: TestDefaults.test_app_files", "Files of the last source directories are found.", || {
            contains("test/file1.txt", "test/file1.txt", "file1 in the app dir")
        }),
        same(
            "cases: TestDefaults.test_nonascii_filenames",
            "Names in Unicode are published and served.",
            || contains("test/⊗.txt", "test/%E2%8A%97.txt", "⊗ in the app dir"),
        ),
        same("cases: TestDefaults.test_camelcase_filenames", "Names keep their case.", || {
            contains("test/camelCase.txt", "test/camelCase.txt", "camelCase")
        }),
        same(
            "cases: TestDefaults.test_filename_with_percent_sign",
            "A percent sign is part of a name.",
            || contains("test/%2F.txt", "test/%252F.txt", "%2F content"),
        ),
        same(
            "test_handlers: TestASGIStaticFilesHandler.test_get_async_response",
            "A file is served.",
            || {
                assert_eq!(fixture().get("/static/test/file.txt", &[]).status(), 200);
            },
        ),
        same(
            "test_handlers: TestASGIStaticFilesHandler.test_get_async_response_not_found",
            "A missing file gets a 404.",
            || {
                assert_eq!(fixture().get("/static/test/not-found.txt", &[]).status(), 404);
            },
        ),
        different(
            "test_views: TestServeDisabled.test_disabled_serving",
            "Files are also served in production, with cache headers.",
            || {
                let response = fixture().get("/static/test.txt", &[]);
                assert_eq!(
                    (response.status().as_u16(), header(&response, "cache-control")),
                    (200, "public, max-age=3600")
                );
            },
        ),
    ],
};

pub(super) const CASES: Group = Group {
    peer: "Django",
    ours: "django::cases_of_django",
    cases: &[
        different(
            "test_storage: TestCollectionManifestStorage.test_manifest_does_not_exist",
            "In production, a missing manifest is an error at start-up.",
            || {
                Assets::production(Site::new(&[]).path("")).expect_err("no manifest");
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_clear_empties_manifest",
            "A removed file is not in the next manifest; its hashed file stays until `clean`.",
            || {
                let site = Site::new(&[("a.txt", "a"), ("test/cleared.txt", "c")]).collected();
                assert_eq!(site.url("test/cleared.txt"), "/static/test/cleared.*.txt");
                fs::remove_file(site.path("static/test/cleared.txt")).expect("a file");
                site.collect();
                site.assets().url("test/cleared.txt").expect_err("no asset");
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_missing_entry",
            "A path that is not in the manifest is an error that names the path.",
            || {
                let error = Site::new(&[("a.txt", "a")])
                    .collected()
                    .assets()
                    .url("cached/missing.css")
                    .expect_err("no asset");
                assert_contains(&error.to_string(), "cached/missing.css");
            },
        ),
        same(
            "test_storage: TestCollectionManifestStorage.test_manifest_hash",
            "The hash of the manifest changes with the files, and only then.",
            || {
                let site = Site::new(&[("a.txt", "a"), ("b.txt", "b")]);
                let hash = site.collect().hash;
                assert_eq!(site.collect().hash, hash);
                fs::remove_file(site.path("static/b.txt")).expect("a file");
                assert_ne!(site.collect().hash, hash);
            },
        ),
        different(
            "test_storage: TestCollectionSimpleStorage.test_template_tag_return",
            "A version of the whole deploy is in the query (`VersionQuery`), and no files are renamed.",
            || {
                let site = Site::new(&[("test/file.txt", "a")]);
                let assets = Assets::builder()
                    .source(site.path("static"))
                    .strategy(fingerpost::Strategy::VersionQuery);
                let assets = assets
                    .app_version("deploy12345")
                    .mode(fingerpost::Mode::Production)
                    .build()
                    .expect("a site");
                assert_eq!(
                    &*assets.url("test/file.txt").expect("an asset"),
                    "/static/test/file.txt?v=deploy12345"
                );
            },
        ),
        same(
            "test_storage: TestCollectionNoneHashStorage.test_hashed_name",
            "A file can keep its name: `prehashed`.",
            || {
                let site =
                    Site::with("collect.prehashed = ['cached/styles.css']", &[("cached/styles.css", "a{}")]);
                assert_eq!(site.collected().url("cached/styles.css"), "/static/cached/styles.css");
            },
        ),
        #[cfg(unix)]
        same(
            "test_storage: TestStaticFilePermissions.test_collect_static_files_default_permissions",
            "Published files have the permissions of the umask.",
            || {
                use std::os::unix::fs::PermissionsExt as _;
                let site = Site::new(&[("a/test.txt", "a")]).collected();
                let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
                let url = site.assets().url("a/test.txt").expect("an asset");
                let file = site.path("out").join(url.trim_start_matches("/static/"));
                assert_eq!(mode(&file), mode(&site.path("static/a/test.txt")));
                assert_eq!(mode(&site.path("out/a")), mode(&site.path("static/a")));
            },
        ),
        same(
            "test_storage: TestCollectionHashedFilesCache.test_file_change_after_collectstatic",
            "A changed image renames the style sheets that refer to the image.",
            || {
                let site = Site::new(&[
                    ("foo.png", "foo"),
                    ("xyz.png", "xyz"),
                    ("bar.css", "a{b:url(\"foo.png\");c:url(\"xyz.png\")}"),
                ]);
                site.collect();
                let before = site.assets().url("bar.css").expect("an asset");
                ["foo.png", "xyz.png"].into_iter().for_each(|file| site.write_asset(file, "new content"));
                site.collect();
                assert_ne!(site.assets().url("bar.css").expect("an asset"), before);
                assert_eq!(site.text("bar.css"), "a{b:url(\"foo.*.png\");c:url(\"xyz.*.png\")}");
            },
        ),
        different(
            "test_templatetags: TestTemplateTag.test_template_tag",
            "A missing file is an error in development as well, and `?` starts the query.",
            || {
                let site = Site::new(&[("testfile.txt", "Test!")]);
                let assets = Assets::dev(site.path("static")).expect("a source directory");
                assets.url("does/not/exist.png").expect_err("no asset");
                assert!(assets.url("testfile.txt").expect("an asset").starts_with("/static/testfile.txt?v="));
                assert!(
                    assets.url("testfile.txt?a").expect("an asset").starts_with("/static/testfile.txt?a")
                );
            },
        ),
        same(
            "test_management: TestCollectionCustomIgnorePatterns.test_custom_ignore_patterns",
            "Globs may contain directories.",
            || {
                let files = &[("test/nonascii.css", "a{}"), ("test/vendor/module.js", ""), ("test/a.js", "")];
                let site = Site::with("ignore = ['*.css', '*/vendor/*.js']", files).collected();
                assert_eq!(site.files(), ["staticfiles.json", "test/a.*.js"]);
            },
        ),
        different(
            "test_management: TestCollectionNoDefaultIgnore.test_no_common_ignore_patterns",
            "`hidden` includes names with a leading dot, and backups (`*~`) are never assets.",
            || {
                let files = &[(".hidden", "h"), ("backup~", "b"), ("a.txt", "a")];
                assert_eq!(Site::with("hidden = true", files).collected().files().len(), 2);
            },
        ),
        same(
            "test_management: TestCollectionFilesOverride.test_ordering_override",
            "The order of the sources decides, not the times of the files.",
            || {
                let site = Site::with("sources = ['static', 'second']", &[("file2.txt", "first")]);
                site.write("second/file2.txt", "second");
                filetime::set_file_mtime(
                    site.path("static/file2.txt"),
                    filetime::FileTime::from_unix_time(1, 0),
                )
                .expect("a time");
                assert_eq!(site.collected().text("file2.txt"), "first");
            },
        ),
        same(
            "test_management: TestCollectionOverwriteWarning.test_no_warning",
            "Without duplicates, nothing is reported.",
            || {
                assert_eq!(Site::new(&[("a.txt", "a")]).collect().shadowed.len(), 0);
            },
        ),
        same(
            "test_management: TestCollectionOverwriteWarning.test_warning",
            "A file that another source hides is reported.",
            || {
                let site = Site::with("sources = ['static', 'second']", &[("test/file.txt", "first")]);
                site.write("second/test/file.txt", "second");
                assert_eq!(site.collect().shadowed.len(), 1);
            },
        ),
        different(
            "test_management: TestCollectionClear.test_cleared_not_found",
            "Files that Fingerpost did not write are never removed.",
            || {
                let site = Site::new(&[("a.txt", "a")]);
                site.write("out/cleared.txt", "should stay");
                assert!(site.collected().has("cleared.txt"));
            },
        ),
        same(
            "test_management: TestCollectionClear.test_dir_not_exists",
            "A missing output directory is created.",
            || {
                let site = Site::new(&[("a.txt", "a")]);
                assert!(!site.path("out").exists());
                assert!(site.collected().has("a.*.txt"));
            },
        ),
        different(
            "test_management: TestCollectionLinks.test_links_created",
            "There are no links to sources, because an edit of a source would change the bytes of a published name.",
            || {
                let site = Site::new(&[("a.txt", "a")]).collected();
                let url = site.assets().url("a.txt").expect("an asset");
                site.write_asset("a.txt", "edited");
                assert_eq!(site.get(&url, &[]).body(), "a".as_bytes());
            },
        ),
        same(
            "test_management: TestRunserver.test_404_response",
            "A missing file gets a 404 in development.",
            || {
                let site = Site::new(&[("a.txt", "a")]);
                let assets = Assets::dev(site.path("static")).expect("a source directory");
                let router =
                    axum::Router::new().nest_service("/static", fingerpost_tower::StaticFiles::new(&assets));
                assert_eq!(
                    super::request(router, http::Method::GET, "/static/unknown.css", &[]).status(),
                    404
                );
            },
        ),
        same(
            "test_finders: TestMiscFinder.test_searched_locations",
            "The message about a missing file names the source directories.",
            || {
                let site = Site::new(&[("a.txt", "a")]);
                let error = Assets::dev(site.path("static"))
                    .expect("a source directory")
                    .url("spam")
                    .expect_err("no asset");
                assert_contains(&error.to_string(), &site.path("static").display().to_string());
            },
        ),
        same(
            "test_forms: StaticFilesFormsMediaTestCase.test_absolute_url",
            "The base URL may be another origin.",
            || {
                let site = Site::with("base-url = 'https://example.com/assets/'", &[("path/to/css1", "a")])
                    .collected();
                assert_eq!(
                    without_hashes(
                        &site.assets().url("path/to/css1").expect("an asset").replacen(".com", "", 1)
                    )
                    .split('.')
                    .next(),
                    Some("https://example/assets/path/to/css1")
                );
            },
        ),
    ],
};

#[test]
#[ignore = "needs Django: run tests/setup"]
fn fixtures_of_django() {
    if tools::django_tests().is_some() {
        FIXTURES.check();
    }
}

#[test]
fn cases_of_django() {
    CASES.check();
}
