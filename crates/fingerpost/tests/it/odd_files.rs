//! Unusual files in a source directory.

use std::{fs, path::Path};

use fingerpost::{
    Assets, ErrorKind, Mode,
    sources::{SourceDir, Sources},
};

use crate::support::{Dir, assert_not_found, assert_served, dev, list, paths, settings};

#[test]
fn directory_is_not_an_asset() {
    let dir = Dir::with_paths(&["css/app.css", "app.css/x"]);
    let assets = dev(&dir).build().unwrap();
    assert_not_found(&assets, "css");
    assert_not_found(&assets, "app.css");
    assert_not_found(&assets, "css/app.css/x");
}

#[test]
fn names_too_long_for_the_file_system_are_not_found() {
    let assets = dev(&Dir::new()).build().unwrap();
    for path in ["x".repeat(300), "x".repeat(5_000), "x/".repeat(3_000) + "y", "⊗".repeat(2_000)] {
        assert_not_found(&assets, &path);
    }
}

#[test]
fn unportable_names_do_not_stop_a_listing() {
    let dir = Dir::with_paths(&["a.css"]);
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
    for name in odd.iter().filter(|name| fs::write(dir.path(name), name).is_err()) {
        crate::support::write_note(&format!("this disk cannot store a file named {name:?}"));
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
    let name_of = |name| format!("the name of `{}`", dir.path(name).display());
    assert_eq!(
        problems,
        [
            ("back\\slash.css", "contains a backslash, which URLs treat as a slash"),
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
    // Templates cannot refer to names with `?` or `#`: the rest of the name is parsed as a query or a fragment.
    for (path, error) in [("q?.css", "asset `q` was not found"), ("hash#.css", "asset `hash` was not found")]
    {
        assert!(assets.url(path).unwrap_err().to_string().starts_with(error));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_problems_unless_ignored() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let dir = Dir::with_paths(&["a.css"]);
    for name in [&b"\xff.css"[..], b"ignored\xff~", b".hidden\xff"] {
        dir.write(OsStr::from_bytes(name), "");
    }
    dir.write(Path::new(OsStr::from_bytes(b"dir\xfe")).join("b.css"), "");
    let listing = list(&dir);
    assert_eq!(paths(&listing), ["a.css"]);
    let mut problems: Vec<_> = listing.problems.iter().map(|err| (err.kind(), err.to_string())).collect();
    problems.sort_unstable_by_key(|(_, text)| text.clone());
    let text = |name: &str| {
        let file = dir.path(name);
        format!("the name of `{}` is not UTF-8; rename the file or ignore it", file.display())
    };
    let expected = [text("dir\u{fffd}"), text("\u{fffd}.css")].map(|text| (ErrorKind::InvalidPath, text));
    assert_eq!(problems, expected);
    assert_eq!(dev(&dir).build().unwrap().iter().count(), 1);
}

/// Creates a named pipe. Opening a named pipe blocks until there is a writer.
#[cfg(unix)]
fn pipe(path: &Path) {
    let status = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(status.success());
}

/// Runs `work` in a thread, and fails if `work` does not return within 30 seconds.
#[cfg(unix)]
fn within_30_seconds<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(work()));
    receive.recv_timeout(std::time::Duration::from_secs(30)).expect("the call returned within 30 s")
}

#[cfg(unix)]
#[test]
fn named_pipe_is_not_an_asset_and_does_not_block() {
    let dir = Dir::with_paths(&["a.css", "later.css"]);
    pipe(&dir.path("pipe.css"));
    let assets = dev(&dir).build().unwrap();
    assert_served(&assets, "later.css", "later.css");
    fs::remove_file(dir.path("later.css")).unwrap();
    pipe(&dir.path("later.css"));
    std::os::unix::fs::symlink("pipe.css", dir.path("link.css")).unwrap();
    let texts = within_30_seconds(move || {
        ["pipe.css", "later.css", "link.css"].map(|path| assert_not_found(&assets, path))
    });
    assert!(texts[0].starts_with("asset `pipe.css` was not found in "));
    let listing = within_30_seconds(move || (list(&dir), dir).0);
    assert_eq!(paths(&listing), ["a.css"]);
    assert!(listing.problems.is_empty());
}

#[cfg(unix)]
#[test]
fn named_pipe_does_not_shadow_a_file_in_a_later_source_dir() {
    let dir = Dir::with_paths(&["one/b.css", "two/a.css"]);
    pipe(&dir.path("one/a.css"));
    let assets = Assets::builder().source(dir.path("one")).source(dir.path("two")).mode(Mode::Dev);
    let assets = assets.build().unwrap();
    within_30_seconds(move || assert_served(&assets, "a.css", "two/a.css"));
}

#[cfg(unix)]
#[test]
fn devices_and_sockets_are_not_assets() {
    let dir = Dir::with_paths(&["a.css"]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("socket.css")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.path("zero.css")).unwrap();
    let follow = settings(|settings| settings.follow_symlinks = true);
    let assets = dev(&dir).settings(follow).build().unwrap();
    for path in ["socket.css", "zero.css"] {
        assert_not_found(&assets, path);
    }
}
