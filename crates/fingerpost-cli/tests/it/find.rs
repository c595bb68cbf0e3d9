use crate::site::Site;

const NOT_COLLECTED: &str = "hint: this asset has not been collected yet; run `fingerpost collect`\n";

#[test]
fn find_prints_the_files_and_urls_of_an_asset() {
    let site = Site::new(&[("static/a.css", "a"), ("theme/a.css", "b")]);
    let find = || site.run(&["find", "/a.css?x#y", "static", "theme", "--out", "out"]);
    let locations = format!(
        "asset        a.css\nfile         {}\nhides        {}\ndevelopment  /static/a.css?x&v=ca978112ca1b#y\n",
        site.path("static/a.css").display(),
        site.path("theme/a.css").display(),
    );
    let output = find();
    assert_eq!((output.code, &*output.stdout), (Some(0), &*locations));
    assert_eq!(output.stderr, NOT_COLLECTED);

    site.collect();
    let output = find();
    let published = "production   /static/a.ca978112ca1b.css?x#y\nhashed path  a.ca978112ca1b.css\n";
    assert_eq!((output.code, output.stdout, &*output.stderr), (Some(0), locations + published, ""));
}

#[test]
fn file_in_two_overlapping_source_dirs_does_not_shadow_itself() {
    let site = Site::new(&[("static/vendor/a.css", "a"), ("theme/vendor/a.css", "b")]);
    let hidden = |sources: &[&str]| {
        let output = site.run(&[&["find", "vendor/a.css"], sources].concat());
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        output.stdout.lines().filter(|line| line.starts_with("hides")).count()
    };
    assert_eq!(hidden(&["static", "vendor=static/vendor", "static"]), 0);
    assert_eq!(hidden(&["static", "vendor=static/vendor", "theme"]), 1);
}

#[test]
fn asset_newer_than_the_manifest_is_found() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    site.write("static/b.css", "b");
    let output = site.run(&["find", "b.css", "static", "--out", "out"]);
    assert_eq!((output.code, output.stdout.lines().count()), (Some(0), 3));
    assert_eq!(output.stderr, NOT_COLLECTED);
}

#[test]
fn unknown_asset_is_an_error_with_a_suggestion() {
    let site = Site::new(&[("static/css/app.css", "a"), ("fingerpost.toml", "sources = [\"static\"]")]);
    let output = site.run(&["find", "css/ap.css"]);
    let source = site.quoted_path("static");
    let problem = format!("asset `css/ap.css` was not found in {source} (did you mean `css/app.css`?)");
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert_eq!(output.stderr, format!("error: {problem}\n"));
}

#[test]
fn path_that_is_not_an_asset_is_an_error_with_the_reason() {
    let site = Site::new(&[("static/css/.app.css", "a")]);
    let output = site.run(&["find", "css/.app.css", "static"]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("names that start with `.` are ignored"), "{}", output.stderr);
    assert_eq!(site.run(&["find", "css/.app.css", "static", "--hidden"]).code, Some(0));

    let output = site.run(&["find", "css/", "static"]);
    assert_eq!((output.code, &*output.stderr), (Some(1), "error: `css/` is a directory, not an asset\n"));
}

#[test]
fn manifest_for_another_base_url_is_an_error() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let output = site.run(&["find", "a.css", "static", "--out", "out", "--base-url", "/other/"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(output.stderr.contains("was made for `/static/`"), "{}", output.stderr);
}

#[test]
fn references_are_listed_in_both_directions() {
    let site = Site::new(&[
        (
            "static/css/app.css",
            "@import 'theme.css';\na { b: url(../img/a.svg); c: url(../img/a.svg#x); d: url(nope.png) }",
        ),
        ("static/css/theme.css", "a { b: url(../../y) }"),
        ("static/css/print.css", "@import 'app.css';"),
        ("static/index.html", "<link href='css/app.css'>"),
        ("static/img/a.svg", ""),
    ]);
    let output = site.run(&["find", "css/app.css", "static"]);
    assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    let uses: Vec<_> = output.stdout.lines().skip(3).collect();
    let expected = [
        "refers to    css/nope.png (2:58), which does not exist",
        "refers to    css/theme.css (1:10)",
        "refers to    img/a.svg (2:12, 2:34)",
        "referred by  css/print.css (1:10)",
        "referred by  index.html (1:13), by its plain name",
    ];
    assert_eq!(uses, expected);
    let output = site.run(&["find", "css/theme.css", "static"]);
    assert!(output.stdout.contains("refers to    /y (1:12), which does not exist\n"), "{}", output.stdout);
    let mut names = site.file_names("");
    names.sort();
    assert_eq!(names, ["static"], "nothing is written");
}

#[test]
fn references_are_read_from_the_sources_without_taking_the_lock() {
    let site = Site::new(&[("static/a.css", "@import 'b.css'"), ("static/b.css", ""), ("static/c.css", "")]);
    site.collect();
    site.write("static/a.css", "@import 'c.css'");
    let lock = std::fs::File::options().write(true).open(site.path("out/.fingerpost/lock")).unwrap();
    lock.lock().unwrap();
    let output = site.run(&["find", "c.css", "static", "--out", "out"]);
    assert!(output.stdout.ends_with("\nreferred by  a.css (1:10)\n"), "{}", output.stdout);
    assert_eq!(output.code, Some(0));
    let output = site.run(&["find", "b.css", "static", "--out", "out"]);
    assert!(!output.stdout.contains("refer"), "{}", output.stdout);
}

#[test]
fn repeated_references_between_two_files_are_one_line() {
    let site = Site::new(&[("static/a.css", ""), ("static/b.png", "")]);
    site.write("static/a.css", "a{b:url(b.png)}\n".repeat(100));
    let output = site.run(&["find", "b.png", "static"]);
    assert!(
        output.stdout.ends_with("\nreferred by  a.css (1:9, 2:9, 3:9 and 97 more)\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn imported_module_gets_a_hint_that_it_may_run_twice() {
    let site = Site::new(&[
        ("static/js/app.js", "import './util.js'; import.meta.resolve('./util.js')"),
        ("static/js/util.js", "//# sourceMappingURL=util.js.map"),
        ("static/js/util.js.map", ""),
    ]);
    let output = site.run(&["find", "js/util.js", "static"]);
    let hint = "hint: `js/app.js` imports this module; if a template also loads the module with `static()`, the \
                module has two URLs in development and with a version query, and runs twice; add it to `[importmap] \
                modules`\n";
    assert_eq!((output.code, &*output.stderr), (Some(0), hint));
    for other in ["js/app.js", "js/util.js.map"] {
        assert_eq!(site.run(&["find", other, "static"]).stderr, "");
    }
    site.write("fingerpost.toml", "[importmap]\nmodules = ['js/**']");
    assert_eq!(site.run(&["find", "js/util.js", "static"]).stderr, "", "the module has one URL");
}

#[test]
fn unparsable_file_does_not_hide_other_references() {
    let site = Site::new(&[("static/b.css", "@import 'c.css'"), ("static/c.css", "")]);
    site.write("static/a.css", format!("a{{b:url(c.css)}}{}", "(".repeat(300)));
    let output = site.run(&["find", "c.css", "static"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.ends_with("\nreferred by  b.css (1:10)\n"), "{}", output.stdout);
    assert!(
        output.stderr.starts_with("warning: blocks are nested more than 255 levels deep here"),
        "{}",
        output.stderr
    );
}

#[test]
fn references_to_ignored_files_are_listed_with_the_reason() {
    let site =
        Site::new(&[("static/a.css", "a{b:url(drafts/a.png) url(.h.png)}"), ("static/drafts/a.png", "")]);
    site.write("static/.h.png", "");
    let output = site.run(&["find", "a.css", "static", "--ignore", "drafts/**"]);
    let uses: Vec<_> = output.stdout.lines().skip(3).collect();
    let expected = [
        "refers to    .h.png (1:27), which is ignored: names that start with `.` are ignored",
        "refers to    drafts/a.png (1:9), which is ignored: the ignore glob `drafts/**` matches it",
    ];
    assert_eq!(uses, expected);
}

#[cfg(unix)]
#[test]
fn control_characters_and_newlines_in_names_are_escaped() {
    let name = "new\nline\u{1b}[2J\u{202e}.css";
    let site = Site::new(&[]);
    site.write(&format!("static/{name}"), format!("@import '{}'", name.replace('\n', "%0A")));
    site.write(&format!("theme/{name}"), "");
    let output = site.run(&["find", name, "static", "theme"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let labels: Vec<_> = output.stdout.lines().map(|line| line[..12].trim_end()).collect();
    assert_eq!(
        labels,
        ["asset", "file", "hides", "development", "refers to", "referred by"],
        "{}",
        output.stdout
    );
    let is_forbidden = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!output.stdout.contains(is_forbidden), "{:?}", output.stdout);
    assert!(
        output.stdout.starts_with("asset        new\\nline\\u{1b}[2J\\u{202e}.css\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn source_files_of_vite_are_collected_and_found() {
    let manifest =
        r#"{"src/main.ts": {"file": "assets/main-BRBm.js", "src": "src/main.ts", "isEntry": true}}"#;
    let site = Site::new(&[
        ("fingerpost.toml", "out = 'out'\n[vite]\nout = 'dist'"),
        ("dist/.vite/manifest.json", manifest),
        ("dist/assets/main-BRBm.js", "let a"),
    ]);
    assert_eq!(site.run(&["collect"]).code, Some(0));
    let file = site.path("dist/assets/main-BRBm.js");
    let url = "/static/vite/assets/main-BRBm.js";
    let expected = format!(
        "asset        vite/assets/main-BRBm.js\nfile         {}\ndevelopment  {url}\nproduction   {url}\n\
         hashed path  vite/assets/main-BRBm.js\n",
        file.display()
    );
    for name in ["src/main.ts", "vite/assets/main-BRBm.js"] {
        let output = site.run(&["find", name]);
        assert_eq!((output.code, output.stdout, &*output.stderr), (Some(0), expected.clone(), ""), "{name}");
    }
}
