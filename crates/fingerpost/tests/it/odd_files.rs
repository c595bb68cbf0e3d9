//! Unusual files in a source directory.

use std::{fs, path::Path};

use fingerpost::{
    Assets, ErrorKind, Mode,
    sources::{SourceDir, Sources},
};

use crate::support::{Dir, dev, list, not_found, paths, serves, settings};

#[test]
fn directory_is_not_an_asset() {
    let dir = Dir::of(&["css/app.css", "app.css/x"]);
    let assets = dev(&dir).build().unwrap();
    not_found(&assets, "css");
    not_found(&assets, "app.css");
    not_found(&assets, "css/app.css/x");
}

#[test]
fn names_too_long_for_the_file_system_are_not_found() {
    let assets = dev(&Dir::new()).build().unwrap();
    for path in ["x".repeat(300), "x".repeat(5_000), "x/".repeat(3_000) + "y", "⊗".repeat(2_000)] {
        not_found(&assets, &path);
    }
}

#[test]
fn unportable_names_do_not_stop_a_listing() {
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
        paths(&listing),
        ["%41.css", "a&b.css", "a.css", "hash#.css", "new\nline.css", "q?.css", "tab\t.css"]
    );
    let mut problems: Vec<_> = listing.problems.iter().map(ToString::to_string).collect();
    problems.sort_unstable();
    let name_of = |name| format!("the name of `{}`", dir.at(name).display());
    assert_eq!(
        problems,
        [
            ("back\\slash.css", "holds a backslash, which URLs treat as a slash"),
            ("c:drive.css", "starts like a URL with a scheme")
        ]
        .map(|(name, reason)| format!("{} {reason}; rename the file or ignore it", name_of(name)))
    );
    let ignored = settings(|settings| settings.ignore = ["back?slash.css", "c:*"].map(Into::into).into());
    let sources = vec![SourceDir::new(dir.as_ref())];
    assert!(Sources::open(sources, ignored.rules().unwrap(), None).unwrap().list().problems.is_empty());
    let assets = dev(&dir).build().unwrap();
    let listed: Vec<_> = assets.iter().map(|(_, url)| url.split_once('?').unwrap().0.to_owned()).collect();
    assert_eq!(
        listed,
        ["%2541.css", "a%26b.css", "a.css", "new%0Aline.css", "tab%09.css"]
            .map(|name| format!("/static/{name}"))
    );
    // No template can name these: the rest of the name is parsed as a query or a fragment.
    for (path, error) in [("q?.css", "asset `q` was not found"), ("hash#.css", "asset `hash` was not found")]
    {
        assert!(assets.url(path).unwrap_err().to_string().starts_with(error));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_problems_unless_ignored() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let dir = Dir::of(&["a.css"]);
    for name in [&b"\xff.css"[..], b"ignored\xff~", b".hidden\xff"] {
        dir.write(OsStr::from_bytes(name), "");
    }
    dir.write(Path::new(OsStr::from_bytes(b"dir\xfe")).join("b.css"), "");
    let listing = list(&dir);
    assert_eq!(paths(&listing), ["a.css"]);
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

/// Creates a named pipe. Opening one blocks until there is a writer.
#[cfg(unix)]
fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// Fails if `work` does not return; a thread that hangs is left behind.
#[cfg(unix)]
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(work()));
    receive.recv_timeout(std::time::Duration::from_secs(30)).expect("the call returned within 30 s")
}

#[cfg(unix)]
#[test]
fn named_pipe_is_not_an_asset_and_does_not_block() {
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
    assert_eq!(paths(&listing), ["a.css"]);
    assert!(listing.problems.is_empty());
}

#[cfg(unix)]
#[test]
fn named_pipe_does_not_shadow_a_file_in_a_later_source_dir() {
    let dir = Dir::of(&["one/b.css", "two/a.css"]);
    pipe(&dir.at("one/a.css"));
    let assets = Assets::builder().source(dir.at("one")).source(dir.at("two")).mode(Mode::Dev);
    let assets = assets.build().unwrap();
    ends(move || serves(&assets, "a.css", "two/a.css"));
}

#[cfg(unix)]
#[test]
fn devices_and_sockets_are_not_assets() {
    let dir = Dir::of(&["a.css"]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.at("socket.css")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.at("zero.css")).unwrap();
    let follow = settings(|settings| settings.follow_symlinks = true);
    let assets = dev(&dir).settings(follow).build().unwrap();
    for path in ["socket.css", "zero.css"] {
        not_found(&assets, path);
    }
}
