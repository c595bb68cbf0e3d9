//! Source dirs and what lies in them.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use fingerpost::{Assets, ErrorKind, Listing, Mode, Rules, SourceDir, Sources};

use crate::support::{Dir, dev, hash, settings};

/// What lies in one source dir.
fn list(dir: &Dir) -> Listing {
    Sources::open(vec![SourceDir::new(dir.as_ref())], Rules::default(), None).unwrap().list()
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| &*file.path).collect()
}

#[track_caller]
fn serves(assets: &Assets, path: &str, content: &str) {
    assert!(assets.url(path).unwrap().ends_with(&format!("?v={}", hash(content))));
}

#[track_caller]
fn not_found(assets: &Assets, path: &str) -> String {
    let err = assets.url(path).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound, "{err}");
    assert!(assets.iter().all(|(listed, _)| listed != path));
    err.to_string()
}

#[test]
fn the_first_source_dir_that_has_a_file_wins() {
    let dir = Dir::of(&["one/a.css", "two/a.css", "two/b.css", "three/b.css"]);
    let assets = ["one", "two", "three"]
        .iter()
        .fold(Assets::builder().mode(Mode::Dev), |builder, source| builder.source(dir.at(source)));
    let assets = assets.build().unwrap();
    serves(&assets, "a.css", "one/a.css");
    serves(&assets, "b.css", "two/b.css");
    dir.write("one/b.css", "one/b.css");
    serves(&assets, "b.css", "one/b.css");
    fs::remove_file(dir.at("one/a.css")).unwrap();
    serves(&assets, "a.css", "two/a.css");
    fs::remove_file(dir.at("two/a.css")).unwrap();
    not_found(&assets, "a.css");
}

#[test]
fn a_prefix_names_all_files_of_its_source_dir() {
    let dir = Dir::of(&["static/vendor/own.js", "static/a.css", "dist/htmx.js", "dist/own.js"]);
    let assets = Assets::builder().source_at("vendor/", dir.at("dist")).source(dir.at("static"));
    let assets = assets.mode(Mode::Dev).build().unwrap();
    serves(&assets, "vendor/htmx.js", "dist/htmx.js");
    serves(&assets, "vendor/own.js", "dist/own.js");
    serves(&assets, "a.css", "static/a.css");
    for path in ["htmx.js", "vendor", "vendorhtmx.js", "own.js", "Vendor/htmx.js"] {
        not_found(&assets, path);
    }
    let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
    assert_eq!(listed, ["a.css", "vendor/htmx.js", "vendor/own.js"]);
}

#[test]
fn shadowed_files_are_listed_apart() {
    let dir = Dir::of(&["one/a.css", "two/a.css", "two/b.css"]);
    let dirs = ["one", "two"].map(|source| SourceDir::new(dir.at(source)));
    let listing = Sources::open(dirs.into(), Rules::default(), None).unwrap().list();
    assert_eq!(names(&listing), ["a.css", "b.css"]);
    assert_eq!(listing.files.iter().map(|file| file.source).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(listing.shadowed.len(), 1);
    assert_eq!(listing.shadowed[0].file, dir.at("two/a.css"));
}

#[test]
fn ignore_rules_hold_for_prefixes_in_development_and_in_lists_alike() {
    let dir = Dir::of(&["dist/a.css"]);
    for (prefix, ignore) in
        [(".hidden", "x"), ("vendor", "vendor"), ("lib/vendor", "lib"), ("CVS", "x"), ("v", "v/**")]
    {
        let rules = settings(|settings| settings.ignore = vec![ignore.to_owned()]);
        let sources = vec![SourceDir::at(prefix, dir.at("dist")).unwrap()];
        let listing = Sources::open(sources, rules.rules().unwrap(), None).unwrap().list();
        assert!(listing.files.is_empty() && !listing.ignored.is_empty(), "{prefix}: {listing:?}");
        let assets = Assets::builder().settings(rules).source_at(prefix, dir.at("dist")).mode(Mode::Dev);
        not_found(&assets.build().unwrap(), &format!("{prefix}/a.css"));
    }
    let kept = Assets::builder().source_at(".well-known", dir.at("dist")).mode(Mode::Dev).build().unwrap();
    serves(&kept, ".well-known/a.css", "dist/a.css");
    assert_eq!(kept.iter().count(), 1);
}

#[test]
fn a_source_dir_that_is_replaced_as_a_whole_is_followed() {
    let dir = Dir::of(&["node_modules/htmx/dist/htmx.js", "node_modules/htmx/dist/old.js"]);
    let assets = Assets::dev(dir.at("node_modules/htmx/dist")).unwrap();
    serves(&assets, "htmx.js", "node_modules/htmx/dist/htmx.js");
    for round in 0..10 {
        let content = format!("installed {round}");
        dir.write("staging/htmx/dist/htmx.js", &content);
        fs::rename(dir.at("node_modules"), dir.at("trash")).unwrap();
        not_found(&assets, "htmx.js");
        fs::rename(dir.at("staging"), dir.at("node_modules")).unwrap();
        serves(&assets, "htmx.js", &content);
        not_found(&assets, "old.js");
        fs::remove_dir_all(dir.at("trash")).unwrap();
        serves(&assets, "htmx.js", &content);
    }
}

#[test]
fn the_output_dir_is_never_a_source() {
    let dir = Dir::of(&["a.css", "dist/a.css", "dist/deep/b.css", "distant/c.css", "deep/dist/d.css"]);
    for output in [dir.at("dist"), dir.at("deep/../dist"), dir.at("dist/")] {
        let assets = dev(&dir).collected(output).build().unwrap();
        assert!(not_found(&assets, "dist/a.css").ends_with(": it lies in the output dir"));
        not_found(&assets, "dist/deep/b.css");
        serves(&assets, "distant/c.css", "distant/c.css");
        serves(&assets, "deep/dist/d.css", "deep/dist/d.css");
        assert_eq!(assets.iter().count(), 3);
    }
}

#[test]
fn an_output_dir_that_is_made_later_is_no_source_either() {
    let dir = Dir::of(&["a.css"]);
    let assets = dev(&dir).collected(dir.at("dist")).build().unwrap();
    dir.write("dist/a.css", "collected");
    not_found(&assets, "dist/a.css");
}

#[test]
fn a_directory_is_no_asset() {
    let dir = Dir::of(&["css/app.css", "app.css/x"]);
    let assets = dev(&dir).build().unwrap();
    not_found(&assets, "css");
    not_found(&assets, "app.css");
    not_found(&assets, "css/app.css/x");
}

#[test]
fn names_too_long_for_any_disk_are_not_found() {
    let assets = dev(&Dir::new()).build().unwrap();
    for path in ["x".repeat(300), "x".repeat(5_000), "x/".repeat(3_000) + "y", "⊗".repeat(2_000)] {
        not_found(&assets, &path);
    }
}

#[test]
fn names_that_only_some_systems_allow_never_stop_a_list() {
    let dir = Dir::of(&["a.css"]);
    let odd = [
        "new\nline.css",
        "q?.css",
        "hash#.css",
        "back\\slash.css",
        "c:drive.css",
        "tab\t.css",
        "a&b.css",
        "%41.css",
    ];
    for name in odd.iter().filter(|name| fs::write(dir.at(name), name).is_err()) {
        crate::support::say(&format!("this disk cannot store a file named {name:?}"));
    }
    if !cfg!(unix) {
        return;
    }
    let listing = list(&dir);
    assert_eq!(
        names(&listing),
        ["%41.css", "a&b.css", "a.css", "hash#.css", "new\nline.css", "q?.css", "tab\t.css"]
    );
    let mut problems: Vec<_> = listing.problems.iter().map(ToString::to_string).collect();
    problems.sort_unstable();
    assert_eq!(
        problems,
        [
            "path `back\\slash.css` holds a backslash; write `back/slash.css`",
            "path `c:drive.css` has a scheme (`c`); an asset path is relative to the asset directory"
        ]
    );
    let assets = dev(&dir).build().unwrap();
    let listed: Vec<_> = assets.iter().map(|(_, url)| url.split_once('?').unwrap().0.to_owned()).collect();
    assert_eq!(
        listed,
        ["%2541.css", "a%26b.css", "a.css", "new%0Aline.css", "tab%09.css"]
            .map(|name| format!("/static/{name}"))
    );
    // What no template can name: the rest of the name is taken for a query or a fragment.
    for (path, error) in [("q?.css", "asset `q` was not found"), ("hash#.css", "asset `hash` was not found")]
    {
        assert!(assets.url(path).unwrap_err().to_string().starts_with(error));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_problems_unless_they_are_ignored() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let dir = Dir::of(&["a.css"]);
    for name in [&b"\xff.css"[..], b"ignored\xff~", b".hidden\xff"] {
        dir.write(OsStr::from_bytes(name), "");
    }
    dir.write(Path::new(OsStr::from_bytes(b"dir\xfe")).join("b.css"), "");
    let listing = list(&dir);
    assert_eq!(names(&listing), ["a.css"]);
    let mut problems: Vec<_> = listing.problems.iter().map(|err| (err.kind(), err.to_string())).collect();
    problems.sort_unstable_by_key(|(_, text)| text.clone());
    let text = |name: &str| {
        let file = dir.at(name);
        format!("the name of `{}` is not UTF-8; rename the file or ignore it", file.display())
    };
    let expected = [text("dir\u{fffd}"), text("\u{fffd}.css")].map(|text| (ErrorKind::InvalidPath, text));
    assert_eq!(problems, expected);
    assert_eq!(dev(&dir).build().unwrap().iter().count(), 1);
}

#[test]
fn ignored_files_and_directories_are_listed_as_such() {
    let paths = [".git/config", "CVS/Root", "a~", "a.css", "css/.DS_Store", ".well-known/x", "css/b.css"];
    let dir = Dir::of(&paths);
    let listing = list(&dir);
    assert_eq!(names(&listing), [".well-known/x", "a.css", "css/b.css"]);
    let mut ignored: Vec<PathBuf> = listing.ignored;
    ignored.sort_unstable();
    assert_eq!(ignored, [".git", "CVS", "a~", "css/.DS_Store"].map(|path| dir.at(path)));
    assert!(listing.problems.is_empty());
}

/// A named pipe, which waits for a writer when it is opened.
#[cfg(unix)]
fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// Fails if `work` does not end; a thread that hangs is left behind.
#[cfg(unix)]
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || send.send(work()));
    receive.recv_timeout(Duration::from_secs(60)).expect("it ends")
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_no_asset_and_nobody_waits_for_it() {
    let dir = Dir::of(&["a.css", "later.css"]);
    pipe(&dir.at("pipe.css"));
    let assets = dev(&dir).build().unwrap();
    serves(&assets, "later.css", "later.css");
    fs::remove_file(dir.at("later.css")).unwrap();
    pipe(&dir.at("later.css"));
    std::os::unix::fs::symlink("pipe.css", dir.at("link.css")).unwrap();
    let texts = ends(move || ["pipe.css", "later.css", "link.css"].map(|path| not_found(&assets, path)));
    assert!(texts[0].starts_with("asset `pipe.css` was not found in "));
    let listing = ends(move || (list(&dir), dir).0);
    assert_eq!(names(&listing), ["a.css"]);
    assert!(listing.problems.is_empty());
}

#[cfg(unix)]
#[test]
fn a_named_pipe_does_not_hide_the_file_of_a_later_source_dir() {
    let dir = Dir::of(&["one/b.css", "two/a.css"]);
    pipe(&dir.at("one/a.css"));
    let assets = Assets::builder().source(dir.at("one")).source(dir.at("two")).mode(Mode::Dev);
    let assets = assets.build().unwrap();
    ends(move || serves(&assets, "a.css", "two/a.css"));
}

#[cfg(unix)]
#[test]
fn a_device_or_a_socket_is_no_asset() {
    let dir = Dir::of(&["a.css"]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.at("socket.css")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.at("zero.css")).unwrap();
    let follow = settings(|settings| settings.follow_symlinks = true);
    let assets = dev(&dir).settings(follow).build().unwrap();
    for path in ["socket.css", "zero.css"] {
        not_found(&assets, path);
    }
}

#[cfg(unix)]
mod permissions {
    use std::{
        os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
        process::Command,
    };

    use fingerpost::MANIFEST_NAME;

    use super::*;
    use crate::support::{alone_in, say, this_program};

    fn permit(file: &Path, mode: u32) {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Whether this user is told "permission denied" at all; root is not.
    fn permissions_bite() -> bool {
        let file = Dir::of(&["closed"]).at("closed");
        let dir = Dir::new();
        let file = dir.write(file.file_name().unwrap(), "");
        permit(&file, 0);
        fs::File::open(file).is_err()
    }

    /// A process of this program that permissions hold for, if one can be had.
    fn ordinary_user(dir: &Dir) -> Option<Command> {
        if permissions_bite() {
            return Some(this_program());
        }
        // Nobody, who may not look into the build directory.
        const NOBODY: u32 = 65_534;
        let (program, home) = (dir.at("program"), dir.at("home"));
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::create_dir(&home).unwrap();
        permit(dir.as_ref(), 0o755);
        permit(&program, 0o755);
        permit(&home, 0o777);
        let as_nobody = |program: &Path| {
            let mut command = Command::new(program);
            command.uid(NOBODY).gid(NOBODY).current_dir("/").env("TMPDIR", &home);
            command
        };
        let can_run = as_nobody(&program).arg("--list").output().is_ok_and(|output| output.status.success());
        can_run.then(|| as_nobody(&program))
    }

    #[test]
    fn what_cannot_be_read_is_another_error_than_what_is_not_there() {
        let home = Dir::new();
        let Some(process) = ordinary_user(&home) else {
            return say(
                "this user may read everything, and no other can run the tests: permissions are not tested",
            );
        };
        let said = alone_in(process, || {
            assert!(permissions_bite());
            let dir =
                Dir::of(&["static/a.css", "static/closed/b.css", "static/c.css", "dist/staticfiles.json"]);
            let assets = Assets::dev(dir.at("static")).unwrap();
            serves(&assets, "a.css", "static/a.css");
            for (closed, path) in [("static/a.css", "a.css"), ("static/closed", "closed/b.css")] {
                permit(&dir.at(closed), 0);
                let err = assets.url(path).unwrap_err();
                assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
                let start = format!("cannot read `{}`: ", dir.at("static").join(path).display());
                assert!(err.to_string().starts_with(&start), "{err}");
                assert_eq!(assets.integrity(path).unwrap_err().kind(), ErrorKind::Unreadable);
            }
            let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
            assert_eq!(listed, ["c.css"]);
            let sources = Sources::open(vec![SourceDir::new(dir.at("static"))], Rules::default(), None);
            let problems = sources.unwrap().list().problems;
            let kinds: Vec<_> = problems.iter().map(|problem| problem.kind()).collect();
            assert_eq!(kinds, [ErrorKind::Unreadable]);
            assert!(problems[0].to_string().contains("static/closed`"), "{}", problems[0]);

            permit(&dir.at("static"), 0);
            let err = Assets::dev(dir.at("static")).unwrap_err();
            assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
            permit(&dir.at("static"), 0o755);
            permit(&dir.at("static/a.css"), 0o644);
            serves(&assets, "a.css", "static/a.css");

            for closed in [dir.at("dist").join(MANIFEST_NAME), dir.at("dist")] {
                permit(&closed, 0);
                let err = Assets::production(dir.at("dist")).unwrap_err();
                assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
            }
            for path in ["dist", "static/closed"] {
                permit(&dir.at(path), 0o755);
            }
            "said so".to_owned()
        });
        assert_eq!(said, "said so");
    }
}
