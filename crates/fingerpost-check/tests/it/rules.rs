use std::fs;

use fingerpost_check::{CheckConfig, ErrorKind, Rule, Severity, check};

use crate::site::Site;

#[test]
fn severities_apply_to_all_files_or_to_a_glob() {
    let site = Site::new();
    site.write("templates/a.html", "{{ static('x.css') }}<a href=\"/static/css/app.css\">{{ static(name) }}");
    site.write("templates/mail/a.html", "{{ static('y.css') }}{{ static('img/' ~ name) }}");
    site.write(
        "fingerpost.toml",
        "sources = ['static']\n[check.rules]\nmissing = 'warn'\nhard-coded = 'error'\n\
         [check.rules.'templates/mail/**']\nmissing = 'ignore'\ndynamic = 'warn'",
    );
    assert_eq!(
        site.problems(),
        [
            "`templates/a.html`:1:31: `/static/css/app.css` is written by hand, so the URL does not change with the file (write \
             `\"css/app.css\" | static`)",
            "`templates/a.html`:1:12: asset `x.css` does not exist",
            "`templates/mail/a.html`:1:32: `'img/' ~ name` is computed at run time, so the name is not checked",
        ]
    );
}

#[test]
fn suggested_settings_line_silences_the_problem() {
    let site = Site::new();
    site.write("templates/a [x].html", "{{ static('x.css') }}");
    let err = check(&site.config()).unwrap_err();
    let line = err.problems().next().unwrap().silence().unwrap().to_owned();
    assert_eq!(line, r#"check.rules."templates/a [[]x[]].html".missing = "ignore""#);
    site.write("fingerpost.toml", format!("sources = ['static']\n{line}"));
    assert_eq!(site.problems(), [""; 0]);
}

#[test]
fn unused_assets_are_reported_by_rule() {
    let site = Site::new();
    site.write("templates/a.html", "{{ static('css/app.css') }}<img src=\"/static/img/b%20c.png\">");
    site.write("src/main.rs", "fn f() { StaticFiles::file(&assets, \"js/app.js\") }");
    let config = site.config().severity(Rule::Unused, Severity::Warn).referenced(["img/a.png"]);
    let report = check(&config).unwrap();
    let unused: Vec<_> =
        report.warnings.iter().filter(|warning| warning.kind() == ErrorKind::Rule(Rule::Unused)).collect();
    let [unused] = unused[..] else { panic!("{unused:?}") };
    assert_eq!(unused.message(), "asset `css/print.css` is named by none of the checked files");
    let report = check(&config.severity_override("css/**", Rule::Unused, Severity::Ignore)).unwrap();
    assert_eq!(report.warnings.len(), 1);
}

#[test]
fn ignored_assets_are_reported_with_the_reason() {
    let site = Site::new();
    site.write("static/hero.psd", "x");
    site.write("templates/a.html", "{{ static('hero.psd') }}");
    site.write("fingerpost.toml", "sources = ['static']\nignore = ['*.psd']");
    let file = site.path("static/hero.psd");
    assert_eq!(
        site.problems(),
        [format!(
            "`templates/a.html`:1:12: asset `hero.psd` is ignored (`{}` exists, but the ignore glob `*.psd` matches it)",
            file.strip_prefix(site.path("")).unwrap().display()
        )]
    );
}

#[test]
fn problems_of_source_directories_are_errors() {
    let site = Site::new();
    site.write("templates/a.html", "{{ static('css/app.css') }}");
    std::os::unix::fs::symlink("/etc/hostname", site.path("static/outside.txt")).unwrap();
    let [problem] = &site.problems()[..] else { panic!("{:?}", site.problems()) };
    assert!(problem.contains("outside.txt"), "{problem}");
}

#[test]
fn files_outside_the_site_are_named_by_the_checked_path() {
    let site = Site::new();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("mail")).unwrap();
    fs::write(outside.path().join("mail/a.html"), "{{ static('x.css') }}").unwrap();
    let twice = outside.path().join("mail/../mail");
    let config = || site.config().paths([outside.path(), &twice]);
    let err = check(&config()).unwrap_err();
    let problems: Vec<_> = err.problems().collect();
    let [problem] = problems[..] else { panic!("{problems:?}") };
    let line = problem.silence().unwrap().to_owned();
    assert_eq!(line, r#"check.rules."mail/a.html".missing = "ignore""#);
    site.write("fingerpost.toml", format!("sources = ['static']\n{line}"));
    assert!(check(&config()).is_ok());
}

#[test]
fn targets_of_the_import_map_must_exist() {
    let site = Site::new();
    site.write("templates/a.html", "");
    site.write(
        "fingerpost.toml",
        "sources = ['static']\n[importmap]\nimports = { app = 'js/app.js', 'img/' = 'img/', htmx = 'js/apq.js', 'icons/' = 'imgs/', 'lit/' = 'lit/' }",
    );
    assert_eq!(
        site.problems(),
        [
            "import `htmx` is mapped to `js/apq.js`, which does not exist; did you mean `js/app.js`?",
            "import `icons/` is mapped to `imgs/`, which has no assets; did you mean `img/`?",
            "import `lit/` is mapped to `lit/`, which has no assets; correct `[importmap] imports`",
        ]
    );
}

#[test]
fn utf_16_file_is_reported_as_a_note() {
    let site = Site::new();
    site.write("templates/a.html", b"\xff\xfe{\0{\0");
    let report = check(&site.config()).unwrap();
    let notes: Vec<_> = report.notes.iter().map(|note| note.message().to_owned()).collect();
    let file = site.path("templates/a.html").display().to_string();
    let expected =
        format!("`{file}` is not checked: the file is UTF-16; template engines and Rust read only UTF-8");
    assert_eq!((report.files, notes), (0, vec![expected]));
}

#[test]
fn paths_to_check_must_exist() {
    let site = Site::new();
    let expected =
        "neither `templates` nor `src` exists; pass the paths to check, or set `paths` in `[check]`";
    assert_eq!(site.problems(), [expected]);
    site.write("fingerpost.toml", "sources = ['static']\ncheck.paths = ['views']");
    assert_eq!(site.problems(), ["`views` does not exist; correct the path to check"]);
    site.write("views/README.md", "{{ static('x.css') }}");
    site.write("views/node_modules/x.html", "{{ static('x.css') }}");
    site.write("views/.hidden/x.html", "{{ static('x.css') }}");
    site.write("views/a.html", "{{ static('x.css') }}");
    assert_eq!(site.problems(), ["`views/a.html`:1:12: asset `x.css` does not exist"]);
    let config =
        site.config().paths([site.path("views"), site.path("views/a.html"), site.path("views/README.md")]);
    assert_eq!(check(&config).unwrap_err().problems().len(), 2);
    fs::remove_dir_all(site.path("views")).unwrap();
}

#[test]
fn all_errors_in_the_settings_are_reported_together() {
    let site = Site::new();
    site.write("templates/a.html", "");
    site.write(
        "fingerpost.toml",
        "sources = ['static']\n[check]\npath = []\nreceivers = 1\n[check.rules]\nmising = 'warn'",
    );
    assert_eq!(
        site.problems(),
        [
            "settings file `fingerpost.toml`: line 3: unknown key `path` in `[check]`; did you mean `paths`?",
            "settings file `fingerpost.toml`: line 4: `receivers` in `[check]`: invalid type: integer `1`, expected a sequence",
            "settings file `fingerpost.toml`: line 6: unknown key `mising` in `[check.rules]`; did you mean `missing`?",
        ]
    );
    let err = check(&CheckConfig::default()).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Config);
}

#[test]
fn names_of_bundler_entries_are_known() {
    let site = Site::new();
    let manifest =
        r#"{"src/main.ts": {"file": "assets/main-BRBmoGS9.js", "src": "src/main.ts", "isEntry": true}}"#;
    site.write("dist/vite/.vite/manifest.json", manifest);
    site.write("dist/vite/assets/main-BRBmoGS9.js", "");
    site.write(
        "templates/a.html",
        "{{ static_tags('src/main.ts', 'src/mian.ts') }}{{ static('vite/assets/main-BRBmoGS9.js') }}",
    );
    site.write("fingerpost.toml", "sources = ['static']\n[vite]\nout = 'dist/vite'");
    assert_eq!(
        site.problems(),
        ["`templates/a.html`:1:32: asset `src/mian.ts` does not exist (did you mean `src/main.ts`?)"]
    );
    fs::remove_dir_all(site.path("dist/vite/.vite")).unwrap();
    let [problem] = &site.problems()[..] else { panic!("one problem") };
    let advice =
        "was not found; run `vite build`, with `build: { manifest: true }` in the configuration of Vite";
    assert!(problem.ends_with(advice), "{problem}");
}
