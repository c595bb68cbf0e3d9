use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use fingerpost_collect::{
    CollectConfig, ErrorKind, Problem, Progress, Rule, Severity, collect, collect_with,
};

use crate::site::{Site, warnings};

#[test]
fn all_problems_of_a_run_are_reported_one_per_line() {
    let site = Site::new(&[("static/a.css", "a")]);
    let config = CollectConfig::default()
        .source(site.path("nowhere"))
        .source(site.path("static"))
        .source(site.path("static/a.css"))
        .base_url("static");
    let err = collect(&config).unwrap_err();
    let expected = [
        "no output directory is set; name the directory to write to, such as `dist/static`".to_owned(),
        "base URL `static` is neither an absolute path nor an http or https URL; write a path such as `/static/` or a \
         URL such as `https://cdn.example.com/static/`"
            .to_owned(),
        format!("source directory {} does not exist; create it, or correct the path", site.quoted_path("nowhere")),
        format!("source directory {} is not a directory", site.quoted_path("static/a.css")),
    ];
    assert_eq!(err.problems().map(ToString::to_string).collect::<Vec<_>>(), expected);
    assert_eq!(err.to_string(), expected.join("\n"));
    let kinds: Vec<_> = err.problems().map(|problem| problem.kind()).collect();
    assert_eq!(kinds, [ErrorKind::Config, ErrorKind::Config, ErrorKind::Source, ErrorKind::Source]);
    assert!(!site.path("out").exists());
}

#[test]
fn invalid_settings_are_rejected() {
    let site = Site::new(&[]);
    #[track_caller]
    fn config_error(config: &CollectConfig) -> String {
        let err = collect(config).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Config);
        err.to_string()
    }
    let none = CollectConfig::new(site.path("out"));
    assert_eq!(
        config_error(&none),
        "no source directory is set; name the directory that contains the assets, such as `static`"
    );
    assert_eq!(
        config_error(&site.config().source_at("../up", site.path("static"))),
        "path `../up` leaves the asset directory"
    );
    assert_eq!(
        config_error(&site.config().ignore(["["])),
        "ignore glob `[` cannot be read: unclosed character class; missing ']'"
    );
    let exception = site.config().severity_override("./vendor/*", Rule::Missing, Severity::Ignore);
    assert_eq!(
        config_error(&exception),
        "rules: glob `./vendor/*` has a `.` segment, which no asset path has; write `vendor/*`"
    );
    assert_eq!(
        config_error(&site.config_to("static")),
        format!(
            "source directory {} is in the output directory; use separate directories",
            site.quoted_path("static")
        )
    );
}

#[test]
fn output_dir_that_is_a_file_is_rejected() {
    let site = Site::new(&[("static/a.css", "a"), ("out", "a file")]);
    for config in [site.config(), site.config().dry_run(true)] {
        let err = collect(&config).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Output);
        let out = site.quoted_path("out");
        assert_eq!(
            err.to_string(),
            format!("output directory {out} is not a directory; remove the file, or use another path")
        );
    }
    assert_eq!(site.read("out"), "a file");
}

#[test]
fn directory_with_the_name_of_a_hashed_file_is_reported() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.css", "b"), ("out/a.ca978112ca1b.css/x", "x")]);
    let err = collect(&site.config()).unwrap_err();
    assert_eq!((err.kind(), err.problems().len()), (ErrorKind::Output, 1));
    let name = site.quoted_path("out/a.ca978112ca1b.css");
    let advice = "is a directory, but a file must be written there; remove it, or rename the asset";
    assert_eq!(err.to_string(), format!("{name} {advice}"));
    assert!(!site.path("out/staticfiles.json").exists());
}

/// Changes the source directory after `collect` has listed the directory.
struct AfterListing<F>(F);

impl<F: Fn() + Sync> Progress for AfterListing<F> {
    fn found(&self, _: usize) {
        self.0();
    }
}

#[test]
fn file_removed_during_the_run_stops_the_run_and_the_old_release_stays_current() {
    let site = Site::new(&[("static/a.css", "a"), ("static/b.css", "b"), ("static/c.css", "c")]);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    site.write("static/c.css", "changed");

    let progress = AfterListing(|| {
        site.remove("static/a.css");
        site.remove("static/b.css");
    });
    let err = collect_with(&site.config(), &progress).unwrap_err();
    let [a, b] = ["static/a.css", "static/b.css"]
        .map(|path| format!("{} disappeared during the run; run the command again", site.quoted_path(path)));
    assert_eq!(err.to_string(), format!("{a}\n{b}"));
    assert_eq!(err.kind(), ErrorKind::Source);
    assert_eq!(site.read("out/staticfiles.json"), manifest);
    assert_eq!(site.release_numbers("out"), [1]);
    assert!(site.tree("out/.fingerpost/tmp").is_empty());
    assert!(!site.names("out").iter().any(|name| name.starts_with("c.") && !name.contains("2e7d2c03a950")));
}

#[test]
fn file_that_keeps_changing_is_never_partially_collected() {
    let site = Site::new(&[]);
    let length = 1 << 22;
    site.write("static/log.txt", vec![0; length]);
    let file = fs::File::options().write(true).open(site.path("static/log.txt")).unwrap();
    let done = AtomicBool::new(false);
    let problem = thread::scope(|scope| {
        scope.spawn(|| {
            for more in (0..2).cycle().take_while(|_| !done.load(Ordering::Relaxed)) {
                file.set_len(length as u64 + more).unwrap();
            }
        });
        // On a busy machine, the other thread may pause during the whole copy, so the test repeats the run.
        let problem = (0..100).find_map(|_| collect(&site.config()).err());
        done.store(true, Ordering::Relaxed);
        problem.expect("a run that detects the change")
    });
    let file = site.quoted_path("static/log.txt");
    assert_eq!(problem.to_string(), format!("{file} changed during the run; run the command again"));
}

/// Changes a file when the second hashed path is assigned. At this time, all files have been analyzed, and `a.css` has not
/// been written.
struct AfterSecondPath<F>(AtomicUsize, F);

impl<F: Fn() + Sync> Progress for AfterSecondPath<F> {
    fn collected(&self) {
        if self.0.fetch_add(1, Ordering::Relaxed) == 1 {
            self.1();
        }
    }
}

#[test]
fn file_changed_during_the_run_stops_the_run() {
    let files =
        [("static/a.css", "@import 'b.css';"), ("static/b.css", "a{b:url(c.png)}"), ("static/c.png", "c")];
    for (change, problem) in [("@import 'b.css';/**/", "changed"), ("", "changed"), ("gone", "disappeared")] {
        let site = Site::new(&files);
        let progress = AfterSecondPath(AtomicUsize::new(0), || match change {
            "gone" => site.remove("static/a.css"),
            text => site.write("static/a.css", text),
        });
        let err = collect_with(&site.config(), &progress).unwrap_err();
        let file = site.quoted_path("static/a.css");
        assert_eq!(err.to_string(), format!("{file} {problem} during the run; run the command again"));
        assert_eq!(site.names("out"), [""; 0]);
    }
}

#[test]
fn unreadable_manifest_is_not_replaced() {
    let site = Site::new(&[("static/a.css", "a")]);
    for (text, reason) in [
        ("[]", "is not a JSON object"),
        (
            r#"{"version": "9"}"#,
            "has version \"9\"; this program reads \"1.0\" and \"1.1\"; run `fingerpost collect` again, or update the program",
        ),
    ] {
        site.write("out/staticfiles.json", text);
        let problem = format!(
            "manifest {} {reason}; restore it, or remove it and run `fingerpost collect` again",
            site.quoted_path("out/staticfiles.json")
        );
        assert_eq!(collect(&site.config()).unwrap_err().kind(), ErrorKind::Manifest);
        assert_eq!(site.problems_of(&site.config()), [problem]);
    }
}

#[test]
fn too_long_hashed_name_is_reported() {
    let site = Site::new(&[]);
    let [fits, long] = [242, 243].map(|length| "x".repeat(length - ".css".len()) + ".css");
    site.write(&format!("static/css/{fits}"), "a");
    assert_eq!(site.collect().files, 1);
    site.write(&format!("static/css/{long}"), "a");
    let unit = if cfg!(windows) { "characters" } else { "bytes" };
    let asset = format!("css/{}…{}.css", "x".repeat(76), "x".repeat(76));
    let problem =
        format!("the hashed name of asset `{asset}` has 256 {unit}, more than the limit of 255; shorten it");
    assert_eq!(site.problems_of(&site.config()), [problem]);
    assert_eq!(collect(&site.config()).unwrap_err().kind(), ErrorKind::Source);
}

#[cfg(unix)]
#[test]
fn dangling_symlink_as_output_dir_is_reported() {
    let site = Site::new(&[("static/a.css", "a")]);
    std::os::unix::fs::symlink("nothing", site.path("out")).unwrap();
    let advice = "which does not exist; create that directory, or remove the symlink";
    let problem = format!("output directory {} is a symlink to `nothing`, {advice}", site.quoted_path("out"));
    for config in [site.config(), site.config().dry_run(true)] {
        assert_eq!(collect(&config).unwrap_err().to_string(), problem);
    }
    fs::create_dir(site.path("nothing")).unwrap();
    assert_eq!(collect(&site.config()).unwrap().release, Some(1));
}

#[cfg(unix)]
#[test]
fn dangling_symlink_in_a_source_dir_is_reported() {
    let site = Site::new(&[("static/a.css", "a")]);
    std::os::unix::fs::symlink("nothing", site.path("static/b.css")).unwrap();
    let [problem] = &site.problems_of(&site.config())[..] else { panic!("one problem") };
    assert!(problem.starts_with(&format!("cannot read {}: ", site.quoted_path("static/b.css"))), "{problem}");
    assert_eq!(collect(&site.config().ignore(["b.css"])).unwrap().files, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn file_name_that_is_not_utf_8_is_reported() {
    use std::os::unix::ffi::OsStrExt as _;

    let site = Site::new(&[("static/a.css", "a")]);
    fs::write(site.path("static").join(std::ffi::OsStr::from_bytes(b"b\xff.css")), "b").unwrap();
    let file = site.quoted_path("static/b\u{fffd}.css");
    let problem = format!("the name of {file} is not UTF-8; rename the file or ignore it");
    assert_eq!(site.problems_of(&site.config()), [problem]);
    assert_eq!(collect(&site.config().ignore(["b*"])).unwrap().files, 1);
}

#[test]
fn error_of_a_failed_run_includes_its_warnings() {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}/*# sourceMappingURL=a.map */")]);
    let err = collect(&site.config()).unwrap_err();
    assert_eq!((err.problems().len(), err.warnings().len()), (1, 1));
    assert_eq!(err.warnings()[0].kind(), ErrorKind::Rule(Rule::MissingMap));
}

#[test]
fn error_of_a_failed_run_includes_skipped_files_and_notes() {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}"), ("static/.b", ""), ("theme/a.css", "")]);
    site.write("static/a.html", "<link href=a.css><link href='a.css'>");
    let config = site.config().source(site.path("theme"));
    let err = collect(&config).unwrap_err();
    let report = collect(&config.severity(Rule::Missing, Severity::Ignore)).unwrap();
    assert_eq!((report.ignored.len(), report.shadowed.len(), report.notes.len()), (1, 1, 1));
    assert_eq!(
        (err.ignored(), err.shadowed(), err.notes()),
        (&*report.ignored, &*report.shadowed, &*report.notes)
    );
}

#[test]
fn reference_to_an_ignored_file_is_reported_as_ignored() {
    let site = Site::new(&[("static/a.css", "a{b:url(v/x.png)}"), ("lib/x.png", ""), ("static/v/y.png", "")]);
    let config = site.config().source_at("v", site.path("lib")).ignore(["v/x.*"]);
    let err = collect(&config).unwrap_err();
    let problem = err.problems().next().unwrap();
    assert_eq!(problem.message(), "`v/x.png` points to `v/x.png`, which is ignored");
    let advice = format!("{} exists, but the ignore glob `v/x.*` matches it", site.quoted_path("lib/x.png"));
    assert_eq!((problem.advice(), problem.searched()), (Some(&*advice), &[][..]));
}

#[test]
fn name_that_differs_only_in_case_is_suggested_first() {
    let site = Site::new(&[
        ("static/a.css", "a{b:url(logo.png)}"),
        ("static/Logo.PNG", ""),
        ("static/logos.png", ""),
    ]);
    let err = collect(&site.config()).unwrap_err();
    let advice = err.problems().next().unwrap().advice();
    assert_eq!(advice, Some("did you mean `Logo.PNG`, which differs in case?"));
}

#[test]
fn missing_file_lists_all_searched_source_dirs() {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}"), ("lib/b.css", "")]);
    let err = collect(&site.config().source_at("vendor", site.path("lib"))).unwrap_err();
    let [source, lib] = ["static", "lib"].map(|dir| site.path(dir).display().to_string());
    assert_eq!(err.problems().next().unwrap().searched(), [source, format!("vendor={lib}")]);
}

#[test]
fn referring_file_is_never_suggested_for_a_missing_file() {
    let site = Site::new(&[("static/css/app.css", "@import 'ap.css';/*# sourceMappingURL=app.css.mop */")]);
    let err = collect(&site.config()).unwrap_err();
    let advice = |problem: &Problem| problem.advice().map(str::to_owned);
    assert_eq!(err.problems().chain(err.warnings()).filter_map(advice).next(), None);
    site.write("static/css/app.css.map", "{}");
    let err = collect(&site.config()).unwrap_err();
    assert_eq!(advice(&err.warnings()[0]).as_deref(), Some("did you mean `css/app.css.map`?"));
}

#[test]
fn first_fifty_missing_files_get_a_suggestion() {
    let references = |number| format!("a{{b:url(img{number}.pgn) url(img{number}.pgn)}}");
    let site = Site::new(&[("static/a.css", &(10..70).map(references).collect::<String>())]);
    (10..70).for_each(|number| site.write(&format!("static/img{number}.png"), ""));
    let err = collect(&site.config()).unwrap_err();
    let advice: Vec<_> = err.problems().map(Problem::advice).collect();
    assert_eq!(advice.len(), 120);
    assert_eq!(advice[99], Some("did you mean `img59.png`?"));
    assert!(advice[..100].iter().all(Option::is_some) && advice[100..].iter().all(Option::is_none));
}

#[test]
fn progress_counts_every_file_once() {
    struct Counter([AtomicUsize; 2]);
    impl Progress for Counter {
        fn found(&self, files: usize) {
            self.0[0].store(files, Ordering::Relaxed);
        }
        fn collected(&self) {
            self.0[1].fetch_add(1, Ordering::Relaxed);
        }
    }
    let site = Site::new(&[
        ("static/a.css", "@import 'b.css'"),
        ("static/b.css", "@import 'a.css'; @import 'c.css'"),
        ("static/c.css", "a{b:url(d.png)}"),
        ("static/d.png", ""),
    ]);
    let counter = Counter(Default::default());
    collect_with(&site.config(), &counter).unwrap();
    assert_eq!(counter.0.map(AtomicUsize::into_inner), [4, 4]);
}

#[test]
fn absolute_reference_outside_the_base_url_is_a_warning_if_an_asset_matches() {
    let site = Site::new(&[
        (
            "static/css/a.css",
            "a{b:url(/img/logo.png?x)}\nc{d:url(/media/logo.png) url(/static/img/logo.png)}",
        ),
        ("static/img/logo.png", ""),
    ]);
    let report = site.collect();
    let [warning] = &report.warnings[..] else { panic!("{:?}", report.warnings) };
    assert_eq!(warning.kind(), ErrorKind::Rule(Rule::OutsideBase));
    assert_eq!(warning.kind().as_str(), "outside-base");
    assert_eq!(
        warning.message(),
        "`/img/logo.png?x` is not below the base URL `/static/`, so it is not a reference to the asset `img/logo.png`"
    );
    assert_eq!(warning.advice(), Some("write `/static/img/logo.png?x` or a relative reference"));
    assert_eq!(warning.location().map(|location| (location.line, location.column)), Some((1, 9)));
    assert_eq!(warning.silence(), Some("collect.rules.\"css/a.css\".outside-base = \"ignore\""));
    assert!(
        site.read(&format!("out/{}", site.hashed("css/a.css"))).starts_with("a{b:url(/img/logo.png?x)}\n")
    );

    assert_eq!(site.problems_of(&site.config().severity(Rule::OutsideBase, Severity::Error)).len(), 1);
    let silent = site.config().severity_override("css/**", Rule::OutsideBase, Severity::Ignore);
    assert_eq!(warnings(&collect(&silent).unwrap()), [""; 0]);
    assert_eq!(collect(&site.config().base_url("/")).unwrap_err().kind(), ErrorKind::Rule(Rule::Missing));
}

#[cfg(feature = "js")]
#[test]
fn absolute_import_outside_the_base_url_is_a_warning_if_an_asset_matches() {
    let site =
        Site::new(&[("static/js/a.js", "import \"/js/util.js\"; import '/x.js'"), ("static/js/util.js", "")]);
    let report = site.collect();
    let [warning] = &report.warnings[..] else { panic!("{:?}", report.warnings) };
    assert_eq!(warning.kind(), ErrorKind::Rule(Rule::OutsideBase));
    assert_eq!(warning.advice(), Some("write `/static/js/util.js` or a relative reference"));
}

#[test]
fn superfluous_parent_segments_are_removed_in_the_suggestion() {
    let site = Site::new(&[("static/css/img/logo.png", ""), ("static/img/logo.png", "")]);
    for (base, written, advice) in [
        ("/static/", "../../img/logo.png", "did you mean `../img/logo.png`?"),
        ("/static/", "../../../../img/logo.png?x", "did you mean `../img/logo.png?x`?"),
        ("/a/b/", "../../img/logo.png", "did you mean `../img/logo.png`?"),
        ("/static/", "../../img/lego.png", "write `/img/lego.png` if you mean that URL"),
    ] {
        site.write("static/css/a.css", format!("a{{b:url({written})}}"));
        let err = collect(&site.config().base_url(base)).unwrap_err();
        let problem = err.problems().next().unwrap();
        assert_eq!(problem.kind(), ErrorKind::Rule(Rule::LeavesBase));
        assert_eq!(problem.advice(), Some(advice), "{base} {written}");
    }
}

#[cfg(feature = "js")]
#[test]
fn relative_module_is_suggested_with_a_leading_dot() {
    let site = Site::new(&[("static/a.js", "import '../util.js'"), ("static/util.js", "")]);
    let err = collect(&site.config()).unwrap_err();
    assert_eq!(err.problems().next().unwrap().advice(), Some("did you mean `./util.js`?"));
}
