//! Files and directories that cannot be read.
#![cfg(unix)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use fingerpost::{
    Assets, ErrorKind,
    manifest::MANIFEST_NAME,
    sources::{IgnoreRules, SourceDir, Sources},
};

use crate::support::{Dir, assert_served, in_command, this_program, write_note};

pub(crate) fn permit(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

/// Returns `true` if permissions apply to this user. Permissions do not apply to root.
pub(crate) fn permissions_are_enforced() -> bool {
    let dir = Dir::with_paths(&["closed"]);
    permit(&dir.path("closed"), 0);
    fs::File::open(dir.path("closed")).is_err()
}

/// Returns a command that runs this program as an unprivileged user, or `None` if the program cannot switch users.
pub(crate) fn ordinary_user(dir: &Dir) -> Option<Command> {
    if permissions_are_enforced() {
        return Some(this_program());
    }
    // An unprivileged user cannot read the build directory.
    const NOBODY: u32 = 65_534;
    let (program, home) = (dir.path("program"), dir.path("home"));
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
fn unreadable_and_missing_files_are_different_errors() {
    let home = Dir::new();
    let Some(process) = ordinary_user(&home) else {
        return write_note(
            "permissions do not apply to this user, and no other user can run the tests: permissions are not tested",
        );
    };
    let output = in_command(process, || {
        assert!(permissions_are_enforced());
        let dir = Dir::with_paths(&[
            "static/a.css",
            "static/closed/b.css",
            "static/c.css",
            "dist/staticfiles.json",
        ]);
        let assets = Assets::dev(dir.path("static")).unwrap();
        assert_served(&assets, "a.css", "static/a.css");
        for (closed, path) in [("static/a.css", "a.css"), ("static/closed", "closed/b.css")] {
            permit(&dir.path(closed), 0);
            let err = assets.url(path).unwrap_err();
            assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
            let start = format!("cannot read `{}`: ", dir.path("static").join(path).display());
            assert!(err.to_string().starts_with(&start), "{err}");
            assert_eq!(assets.integrity(path).unwrap_err().kind(), ErrorKind::Unreadable);
        }
        let listed: Vec<_> = assets.iter().map(|(path, _)| path).collect();
        assert_eq!(listed, ["c.css"]);
        let sources = Sources::open(vec![SourceDir::new(dir.path("static"))], IgnoreRules::default(), None);
        let problems = sources.unwrap().list().problems;
        let kinds: Vec<_> = problems.iter().map(|problem| problem.kind()).collect();
        assert_eq!(kinds, [ErrorKind::Unreadable]);
        assert!(problems[0].to_string().contains("static/closed`"), "{}", problems[0]);

        permit(&dir.path("static"), 0);
        let err = Assets::dev(dir.path("static")).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
        permit(&dir.path("static"), 0o755);
        permit(&dir.path("static/a.css"), 0o644);
        assert_served(&assets, "a.css", "static/a.css");

        for closed in [dir.path("dist").join(MANIFEST_NAME), dir.path("dist")] {
            permit(&closed, 0);
            let err = Assets::production(dir.path("dist")).unwrap_err();
            assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
        }
        for path in ["dist", "static/closed"] {
            permit(&dir.path(path), 0o755);
        }
        "checked".to_owned()
    });
    assert_eq!(output, "checked");
}
