#[cfg(unix)]
use std::collections::BTreeSet;

use fingerpost_collect::{ErrorKind, Rule, Severity, collect};

use crate::site::{Site, warnings};

#[test]
fn hidden_files_and_backups_are_not_collected_by_default() {
    let site = Site::new(&[
        ("static/a.css", "a"),
        ("static/.stuff", "s"),
        ("static/.git/config", "g"),
        ("static/.well-known/security.txt", "w"),
        ("static/CVS/Root", "c"),
        ("static/a~", "b"),
    ]);
    let report = site.collect();
    assert_eq!(report.files, 2);
    assert_eq!(
        site.names("out"),
        [".well-known/security.50e721e49c01.txt", "a.ca978112ca1b.css", "staticfiles.json"]
    );
    let ignored: Vec<_> = [".git", ".stuff", "CVS", "a~"].map(|name| site.path("static").join(name)).into();
    let mut named = report.ignored.clone();
    named.sort();
    assert_eq!(named, ignored.iter().map(|path| path.display().to_string()).collect::<Vec<_>>());

    let report = collect(&site.config().hidden(true)).unwrap();
    assert_eq!((report.files, report.ignored.len()), (4, 2));
}

/// On Windows, an alternate data stream is not a separate file.
#[cfg(unix)]
#[test]
fn ntfs_alternate_data_streams_are_ignored() {
    let names = ["static/img.png:Zone.Identifier", "static/img/b.png:Zone.Identifier"];
    let site = Site::new(&names.map(|name| (name, "[ZoneTransfer]")));
    site.write("static/a.css", "a");
    let report = site.collect();
    let ignored = names.map(|name| site.path(name).display().to_string());
    assert_eq!((report.files, report.warnings), (1, vec![]));
    assert_eq!(report.ignored.iter().collect::<BTreeSet<_>>(), ignored.iter().collect());
}

#[test]
fn ignore_globs_exclude_files() {
    let site = Site::new(&[
        ("static/a.css", "a"),
        ("static/a.psd", "p"),
        ("static/img/b.psd", "p"),
        ("static/drafts/x/y.css", "d"),
    ]);
    let report = collect(&site.config().ignore(["*.psd", "drafts/**"])).unwrap();
    assert_eq!(report.files, 1);
    assert_eq!(site.names("out"), ["a.ca978112ca1b.css", "staticfiles.json"]);
}

#[test]
fn first_source_dir_with_the_file_takes_precedence() {
    let site = Site::new(&[("static/a.css", "first"), ("theme/a.css", "second"), ("theme/b.css", "b")]);
    let config = || site.config().source(site.path("theme"));

    let report = collect(&config()).unwrap();
    assert_eq!((report.files, warnings(&report)), (2, vec![]));
    assert_eq!(site.read(&format!("out/{}", site.hashed("a.css"))), "first");
    let [shadowed] = &report.shadowed[..] else { panic!("{:?}", report.shadowed) };
    assert_eq!(shadowed.path, "a.css");
    assert_eq!(shadowed.file, site.path("static/a.css").display().to_string());
    assert_eq!(shadowed.hides, site.path("theme/a.css").display().to_string());

    let (hides, file) = (site.quoted_path("theme/a.css"), site.quoted_path("static/a.css"));
    let message = format!("{hides} is hidden by {file}; remove one of them");
    assert_eq!(warnings(&collect(&config().severity(Rule::Shadowed, Severity::Warn)).unwrap()), [&*message]);
    assert_eq!(site.problems_of(&config().severity(Rule::Shadowed, Severity::Error)), [message]);
    let err = collect(&config().severity(Rule::Shadowed, Severity::Error)).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Rule(Rule::Shadowed));
}

#[test]
fn source_dir_prefix_is_prepended_to_asset_paths() {
    let site = Site::new(&[("static/a.css", "a"), ("htmx/dist/htmx.js", "h")]);
    collect(&site.config().source_at("vendor/htmx", site.path("htmx/dist"))).unwrap();
    assert_eq!(site.hashed("vendor/htmx/htmx.js"), "vendor/htmx/htmx.aaa9402664f1.js");
}

#[test]
fn files_of_a_nested_source_dir_have_both_asset_paths() {
    let site = Site::new(&[("static/a.css", "a{b:url(vendor/x.png)}"), ("static/vendor/x.png", "x")]);
    let vendor = site.path("static/vendor");
    assert_eq!(collect(&site.config().source(&vendor)).unwrap().files, 3);
    assert_eq!(
        (&*site.hashed("vendor/x.png"), &*site.hashed("x.png")),
        ("vendor/x.2d711642b726.png", "x.2d711642b726.png")
    );
    let config = site.config().source_at("vendor", &vendor).severity(Rule::Shadowed, Severity::Error);
    let report = collect(&config).unwrap();
    assert_eq!((report.files, report.shadowed, report.warnings), (2, vec![], vec![]));
}

#[test]
fn output_dir_inside_a_source_dir_is_not_collected() {
    let site = Site::new(&[("static/a.css", "a")]);
    let config = || site.config_to("static/dist/out");
    for _ in 0..2 {
        assert_eq!(collect(&config()).unwrap().files, 1);
    }
    assert_eq!(site.names("static/dist/out"), ["a.ca978112ca1b.css", "staticfiles.json"]);
}

#[test]
fn hashed_path_depends_only_on_content_and_asset_path() {
    let site = Site::new(&[
        ("static/css/app.css", "body{}"),
        ("static/a.tar.gz", "z"),
        ("static/LICENSE", "l"),
        ("static/empty", ""),
        ("static/x.y/z.txt", "t"),
        ("static/⊗.txt", "u"),
        ("static/%2F.txt", "e"),
        ("static/source.js.map", "m"),
        ("static/img.deadbeefcafe.png", "p"),
    ]);
    site.collect();
    let hashed = |path| site.hashed(path);
    assert_eq!(hashed("css/app.css"), "css/app.7c98040a5416.css");
    assert_eq!(hashed("a.tar.gz"), "a.tar.594e519ae499.gz");
    assert_eq!(hashed("LICENSE"), "LICENSE.acac86c0e609");
    assert_eq!(hashed("empty"), "empty.e3b0c44298fc");
    assert_eq!(hashed("x.y/z.txt"), "x.y/z.e3b98a4da31a.txt");
    assert_eq!(hashed("⊗.txt"), "⊗.0bfe935e70c3.txt");
    assert_eq!(hashed("%2F.txt"), "%2F.3f79bb7b435b.txt");
    assert_eq!(hashed("source.js.map"), "source.js.62c66a7a5dd7.map");
    assert_eq!(hashed("img.deadbeefcafe.png"), "img.deadbeefcafe.148de9c5a7a4.png");
    site.assert_intact("out");
}

#[test]
fn asset_paths_that_differ_only_in_case_are_reported() {
    let site = Site::new(&[("static/App.css", "a"), ("static/app.css", "b")]);
    // On a case-insensitive file system, only one file exists.
    if site.names("static").len() == 2 {
        let warning = "assets `App.css` and `app.css` differ only in case; some file systems can store only one of these files";
        assert_eq!(warnings(&site.collect()), [warning]);
    }
}

#[test]
fn source_dirs_without_files_are_a_warning() {
    let report = Site::new(&[]).collect();
    assert_eq!((report.files, report.release), (0, Some(1)));
    assert_eq!(warnings(&report), ["the source directories contain no assets"]);
}

#[cfg(unix)]
mod symlinks {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn symlinks_inside_the_source_dir_are_followed() {
        let site = Site::new(&[("static/a.css", "a")]);
        symlink("a.css", site.path("static/b.css")).unwrap();
        symlink(".", site.path("static/loop")).unwrap();
        assert_eq!(site.collect().files, 2);
        assert_eq!(site.hashed("b.css"), "b.ca978112ca1b.css");
    }

    #[test]
    fn symlink_loops_are_reported() {
        let site = Site::new(&[("static/dir/a.css", "a")]);
        symlink("..", site.path("static/dir/up")).unwrap();
        symlink("two", site.path("static/one")).unwrap();
        symlink("one", site.path("static/two")).unwrap();
        let problems = site.problems_of(&site.config());
        assert_eq!(problems.len(), 2, "{problems:?}");
        for (problem, link) in problems.iter().zip(["static/one", "static/two"]) {
            assert!(problem.starts_with(&format!("cannot read {}: ", site.quoted_path(link))), "{problem}");
        }
        assert_eq!(collect(&site.config().ignore(["one", "two"])).unwrap().files, 1);
        let report = collect(&site.config().ignore(["one", "two"]).follow_symlinks(true)).unwrap();
        assert_eq!(report.files, 1);
    }

    #[test]
    fn symlink_out_of_the_source_dir_and_back_in_is_followed() {
        let site = Site::new(&[("static/a.css", "a"), ("static2/b.css", "b")]);
        symlink("../static/a.css", site.path("static/in.css")).unwrap();
        assert_eq!(site.collect().files, 2);
        // The name of the directory begins with the name of the source directory.
        symlink("../static2/b.css", site.path("static/out.css")).unwrap();
        let problems = site.problems_of(&site.config());
        assert!(
            matches!(&problems[..], [problem] if problem.contains("out of its source directory")),
            "{problems:?}"
        );
    }

    #[test]
    fn symlinks_out_of_the_source_dir_are_rejected_by_default() {
        let site = Site::new(&[("static/a.css", "a"), ("secret/key", "k")]);
        symlink(site.path("secret/key"), site.path("static/key")).unwrap();
        symlink(site.path("secret"), site.path("static/dir")).unwrap();
        let problems = site.problems_of(&site.config());
        assert_eq!(problems.len(), 2);
        assert!(
            problems.iter().all(|problem| problem.contains("out of its source directory")),
            "{problems:?}"
        );

        let report = collect(&site.config().follow_symlinks(true)).unwrap();
        assert_eq!(report.files, 3);
        assert_eq!(site.hashed("dir/key"), "dir/key.8254c329a928");
    }
}
