//! Ignore rules.

use std::path::PathBuf;

use fingerpost::{
    Assets, ErrorKind, Mode,
    sources::{IgnoreRules, SourceDir, Sources},
};

use crate::support::{Dir, assert_not_found, assert_served, dev, list, paths, settings};

#[test]
fn ignored_files_are_not_found_with_the_reason() {
    let dir = Dir::with_paths(&[
        ".env",
        ".git/config",
        "CVS/Root",
        "a~",
        "img/hero.psd",
        "drafts/x/a.css",
        "b.css",
    ]);
    let rules = settings(|settings| settings.ignore = ["*.psd", "drafts/**"].map(Into::into).into());
    let assets = dev(&dir).settings(rules).build().unwrap();
    for (path, reason) in [
        (".env", "names that start with `.` are ignored"),
        (".git/config", "names that start with `.` are ignored"),
        ("CVS/Root", "`CVS` and names that end in `~` are ignored"),
        ("a~", "`CVS` and names that end in `~` are ignored"),
        ("img/hero.psd", "the ignore glob `*.psd` matches it"),
        ("drafts/x/a.css", "the ignore glob `drafts/**` matches it"),
    ] {
        let err = assets.url(path).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::NotFound);
        assert!(err.to_string().ends_with(&format!(": {reason}")), "{err}");
    }
    assert_eq!(assets.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["b.css"]);
}

#[test]
fn glob_matches_a_name_at_any_depth_or_a_path_from_the_root() {
    let all =
        ["a.psd", "deep/b.psd", "img/c.svg", "img/deep/d.svg", "deep/img/e.svg", "lib/f.js", "deep/lib/g.js"];
    let dir = Dir::with_paths(&all);
    let ignored = |ignore: &str| {
        let settings = settings(|settings| settings.ignore = vec![ignore.to_owned()]);
        let assets = dev(&dir).settings(settings).build().unwrap();
        let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
        all.into_iter().filter(|path| !listed.iter().any(|other| other == path)).collect::<Vec<_>>()
    };
    assert_eq!(ignored("*.psd"), ["a.psd", "deep/b.psd"]);
    assert_eq!(ignored("img/*.svg"), ["img/c.svg"]);
    assert_eq!(ignored("img/**"), ["img/c.svg", "img/deep/d.svg"]);
    assert_eq!(ignored("**/img/*"), ["img/c.svg", "img/deep/d.svg", "deep/img/e.svg"]);
    assert_eq!(ignored("lib"), ["lib/f.js", "deep/lib/g.js"]);
    assert_eq!(ignored("/lib"), ["lib/f.js"]);
    assert_eq!(ignored("lib/"), ["lib/f.js"]);
    assert_eq!(ignored("*.{psd,js}"), ["a.psd", "deep/b.psd", "lib/f.js", "deep/lib/g.js"]);
}

#[test]
fn glob_that_cannot_match_is_rejected_with_a_correction() {
    for (glob, reason) in [
        ("./drafts", "has a `.` segment, which no asset path has; write `/drafts`"),
        ("./img/./*.png", "has a `.` segment, which no asset path has; write `img/*.png`"),
        (
            "../drafts",
            "has a `..` segment, which no asset path has; write it relative to the source directory",
        ),
        ("!drafts", "starts with `!`, but ignored files cannot be included again; remove it"),
        ("[", "cannot be read: unclosed character class; missing ']'"),
        ("{a", "cannot be read: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)"),
    ] {
        let err = IgnoreRules::new([glob], false, false).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        assert_eq!(err.to_string(), format!("ignore glob `{glob}` {reason}"));
    }
    assert!(IgnoreRules::new(["...", "a.b/..c", "[!a].css", "/a!/", ""], false, false).is_ok());
}

#[test]
fn file_excluded_from_the_assets_is_reported_with_the_reason() {
    let dir = Dir::with_paths(&["a.css", ".a.css", "a.css~", "drafts/a.css", "CVS/Root"]);
    let rules = IgnoreRules::new(["drafts/**"], false, false).unwrap();
    let sources =
        vec![SourceDir::new(dir.path("nowhere")), SourceDir::with_prefix("v", dir.as_ref()).unwrap()];
    std::fs::create_dir(dir.path("nowhere")).unwrap();
    let sources = Sources::open(sources, rules, None).unwrap();
    assert_eq!(
        sources.find_ignored("v/drafts/a.css"),
        None,
        "the glob matches from the start of the asset path"
    );
    for (path, reason) in [
        (".a.css", "names that start with `.` are ignored"),
        ("a.css~", "`CVS` and names that end in `~` are ignored"),
        ("CVS/Root", "`CVS` and names that end in `~` are ignored"),
    ] {
        assert_eq!(sources.find_ignored(&format!("v/{path}")), Some((dir.path(path), reason.into())));
    }
    for path in ["v/a.css", "v/.b.css", "v/CVS", "../.a.css", ".a.css", ""] {
        assert_eq!(sources.find_ignored(path), None, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn special_files_are_listed_as_ignored() {
    let dir = Dir::with_paths(&["a.css"]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("socket")).unwrap();
    let listing = list(&dir);
    assert_eq!((paths(&listing), &listing.ignored), (vec!["a.css"], &vec![dir.path("socket")]));
    let sources = Sources::open(vec![SourceDir::new(dir.as_ref())], IgnoreRules::default(), None).unwrap();
    let reason = "it is neither a file nor a directory".into();
    assert_eq!(sources.find_ignored("socket"), Some((dir.path("socket"), reason)));
}

#[test]
fn hidden_files_are_found_if_enabled() {
    let dir = Dir::with_paths(&[".env", "a~"]);
    let assets = dev(&dir).settings(settings(|settings| settings.hidden = true)).build().unwrap();
    assert!(assets.url(".env").is_ok());
    assert_eq!(assets.url("a~").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn ignore_rules_apply_to_prefixes_in_lookups_and_listings() {
    let dir = Dir::with_paths(&["dist/a.css"]);
    for (prefix, ignore) in
        [(".hidden", "x"), ("vendor", "vendor"), ("lib/vendor", "lib"), ("CVS", "x"), ("v", "v/**")]
    {
        let rules = settings(|settings| settings.ignore = vec![ignore.to_owned()]);
        let sources = vec![SourceDir::with_prefix(prefix, dir.path("dist")).unwrap()];
        let listing = Sources::open(sources, rules.rules().unwrap(), None).unwrap().list();
        assert!(listing.files.is_empty() && !listing.ignored.is_empty(), "{prefix}: {listing:?}");
        let assets = Assets::builder().settings(rules).source_at(prefix, dir.path("dist")).mode(Mode::Dev);
        assert_not_found(&assets.build().unwrap(), &format!("{prefix}/a.css"));
    }
    let assets =
        Assets::builder().source_at(".well-known", dir.path("dist")).mode(Mode::Dev).build().unwrap();
    assert_served(&assets, ".well-known/a.css", "dist/a.css");
    assert_eq!(assets.iter().count(), 1);
}

#[test]
fn ignored_files_and_directories_are_listed_as_ignored() {
    let all = [".git/config", "CVS/Root", "a~", "a.css", "css/.DS_Store", ".well-known/x", "css/b.css"];
    let dir = Dir::with_paths(&all);
    let listing = list(&dir);
    assert_eq!(paths(&listing), [".well-known/x", "a.css", "css/b.css"]);
    let mut ignored: Vec<PathBuf> = listing.ignored;
    ignored.sort_unstable();
    assert_eq!(ignored, [".git", "CVS", "a~", "css/.DS_Store"].map(|path| dir.path(path)));
    assert!(listing.problems.is_empty());
}
