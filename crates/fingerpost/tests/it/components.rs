//! Components: files that are part of the app version but not assets.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use filetime::{FileTime, set_file_mtime};
use fingerpost::{Assets, AssetsBuilder, ErrorKind, Strategy};

#[cfg(unix)]
use crate::support::in_command;
use crate::support::{Dir, Done, dev, hash, production, publish, settings};

#[track_caller]
fn build_error(component: &str, file: impl AsRef<Path>) -> (ErrorKind, String) {
    let err = dev(&Dir::new()).component(component, [file]).build().unwrap_err();
    (err.kind(), err.to_string())
}

#[test]
fn component_needs_a_name_without_nul_or_line_feed() {
    let invalid = |text: &str| (ErrorKind::InvalidConfig, text.to_owned());
    for (component, shown) in [("", ""), ("pa\0ges", "pa\\0ges"), ("pa\nges", "pa\\nges")] {
        let text = format!("component `{shown}` needs a name without NUL or line feed");
        assert_eq!(build_error(component, "base.html"), invalid(&text));
    }
}

#[cfg(unix)]
#[test]
fn component_path_that_is_not_utf_8_is_rejected() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    assert_eq!(
        build_error("pages", OsStr::from_bytes(b"\xff.html")),
        (
            ErrorKind::InvalidConfig,
            "file `\u{fffd}.html` of component `pages` has a path that is not UTF-8; rename it".to_owned()
        )
    );
}

#[test]
fn backslashes_in_component_paths_are_normalized_only_on_windows() {
    let dir = Dir::new();
    let file = if cfg!(windows) { dir.write("a/b.html", "one") } else { dir.write("a\\b.html", "one") };
    let path = file.to_str().unwrap();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let line = format!("pages\0{path}\0{}\n", fingerpost::manifest::Digest::from_content(b"one"));
    assert_eq!(*dev(&dir).component("pages", [&file]).build().unwrap().app_version(), *hash(line));
}

#[test]
fn missing_component_file_is_not_found() {
    let dir = Dir::with_paths(&["base.html"]);
    for path in ["gone.html", "base.html/inside"] {
        let text = format!(
            "file `{}` of component `pages` does not exist; correct `.component()`",
            dir.path(path).display()
        );
        assert_eq!(build_error("pages", dir.path(path)), (ErrorKind::NotFound, text));
    }
    assert_eq!(build_error("pages", "").0, ErrorKind::NotFound);
}

#[test]
fn invalid_component_file_is_an_error_with_every_version_source() {
    let (dir, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "a{}")], "/static/"));
    let query = || dev(&dir).strategy(Strategy::VersionQuery).strategy_in_dev(true);
    let (missing, directory) = (dir.path("gone.html"), dir.as_ref());
    for (file, kind) in [(&*missing, ErrorKind::NotFound), (directory, ErrorKind::Unreadable)] {
        for builder in [
            dev(&dir),
            dev(&dir).version_from_git(),
            dev(&dir).app_version("v1"),
            production(&output),
            production(&output).settings(settings(|all| all.version.app = Some("v1".to_owned()))),
            query().app_version("v1"),
        ] {
            let err = builder.component("pages", [file]).build().unwrap_err();
            assert_eq!(err.kind(), kind, "{err}");
        }
    }
    let assets = dev(&dir).app_version("v1").component("pages", [dir.path("a.css")]).build().unwrap();
    fs::remove_file(dir.path("a.css")).unwrap();
    assert_eq!(assets.reload().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn component_that_is_not_a_regular_file_is_not_opened() {
    let dir = Dir::new();
    let mut others: Vec<(PathBuf, _)> = vec![(dir.as_ref().to_owned(), "a directory")];
    #[cfg(unix)]
    {
        let status = std::process::Command::new("mkfifo").arg(dir.path("pipe")).status().unwrap();
        assert!(status.success());
        drop(std::os::unix::net::UnixListener::bind(dir.path("socket")).unwrap());
        others.extend([
            (dir.path("pipe"), "not a regular file"),
            (dir.path("socket"), "not a regular file"),
            ("/dev/zero".into(), "not a regular file"),
        ]);
    }
    for (file, kind) in others {
        let prefix = format!("file `{}` of component `pages`", file.display());
        let text = format!("{prefix} is {kind}; list regular files in `.component()`");
        assert_eq!(build_error("pages", file), (ErrorKind::Unreadable, text));
    }
}

#[cfg(unix)]
#[test]
fn unreadable_component_file_is_an_error() {
    let dir = Dir::new();
    let file = dir.path("loop.html");
    std::os::unix::fs::symlink(&file, &file).unwrap();
    let cause = fs::read(&file).unwrap_err();
    let text = format!(
        "file `{}` of component `pages` cannot be read: {cause}; make it readable, or correct `.component()`",
        file.display()
    );
    assert_eq!(build_error("pages", &file), (ErrorKind::Unreadable, text));
}

#[test]
fn component_file_that_keeps_changing_is_an_error() {
    let dir = Dir::new();
    let file = dir.write("base.html", vec![1; 4_000_000]);
    let (assets, done) = (dev(&dir).component("pages", [&file]).build().unwrap(), AtomicBool::new(false));
    let version = assets.app_version();
    let result = thread::scope(|scope| {
        let _done = Done(&done);
        scope.spawn(|| {
            for nanoseconds in (0..1_000_000_000).cycle().take_while(|_| !done.load(Relaxed)) {
                set_file_mtime(&file, FileTime::from_unix_time(1_000_000_000, nanoseconds)).unwrap();
            }
        });
        // The other thread may not be scheduled immediately.
        (0..100).find_map(|_| match assets.reload() {
            Ok(snapshot) => {
                assert_eq!(snapshot.app_version(), version);
                None
            }
            Err(err) => Some((err.kind(), err.to_string())),
        })
    });
    let prefix = format!("file `{}` of component `pages`", file.display());
    let text = format!("{prefix} changed each time it was read; try again when nothing writes to it");
    assert_eq!(result, Some((ErrorKind::Unreadable, text)));
    assert_eq!(assets.app_version(), version);
}

#[test]
fn snapshot_counts_the_files_of_each_component() {
    let files = Dir::with_paths(&["base.html", "nav.html", "site.json"]);
    let output = publish(&[("a.css", "a{}")], "/static/");
    let none = dev(&files).build().unwrap();
    assert_eq!(none.snapshot().components().count(), 0);
    for builder in [dev(&files), dev(&files).app_version("v1"), production(&output)] {
        let assets = builder
            .component("templates", [files.path("base.html"), files.path("nav.html")])
            .component("config", [files.path("site.json")])
            // A repeated file counts once.
            .component("templates", [files.path("nav.html")])
            .component("empty", [""; 0])
            .build()
            .unwrap();
        let snapshot = assets.snapshot();
        let counts: Vec<_> = snapshot.components().collect();
        assert_eq!(counts, [("config", 1), ("templates", 2)]);
        assert!(assets.reload().unwrap().components().eq(counts));
    }
}

/// Returns the version, its source and the components of a site whose executable is a component.
fn with_executable(builder: AssetsBuilder) -> Result<String, String> {
    let assets =
        builder.version_from_executable().build().map_err(|err| format!("{:?}: {err}", err.kind()))?;
    let (version, snapshot) = (assets.app_version(), assets.snapshot());
    let counts: Vec<_> = snapshot.components().collect();
    Ok(format!("{version} from {} {counts:?}", version.source()))
}

#[test]
fn running_executable_can_be_a_component() {
    let program = fs::read(std::env::current_exe().unwrap()).unwrap();
    let line = format!("executable\0\0{}\n", fingerpost::manifest::Digest::from_content(&program));
    let (dir, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "a{}")], "/static/"));
    let components = r#"[("executable", 1)]"#;
    let expected = format!("{} from components {components}", hash(&line));
    assert_eq!(with_executable(dev(&dir)), Ok(expected));
    let manifest = production(&output).build().unwrap().app_version();
    let both = format!("{} from manifest {components}", hash(format!("{manifest}\n{line}")));
    assert_eq!(with_executable(production(&output)), Ok(both));
    assert_eq!(with_executable(dev(&dir).app_version("v1")), Ok(format!("v1 from explicit {components}")));

    let file = dir.write("base.html", "one");
    let templates =
        format!("templates\0{}\0{}\n", file.display(), fingerpost::manifest::Digest::from_content(b"one"));
    let combined = with_executable(dev(&dir).component("templates", [&file])).unwrap();
    assert!(combined.starts_with(&hash(line + &templates)), "{combined}");
}

#[cfg(unix)]
#[test]
fn changed_executable_changes_the_version_and_a_missing_executable_is_an_error() {
    let dir = Dir::new();
    let copy = dir.path("program");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    // Bytes appended to a program do not change the behavior of the program.
    let append = |bytes: &[u8]| {
        use std::io::Write as _;
        fs::OpenOptions::new().append(true).open(&copy).unwrap().write_all(bytes).unwrap();
    };
    let build_in_copy = |is_deleted: bool| {
        let mut program = std::process::Command::new(&copy);
        program.env("IT_IS_DELETED", is_deleted.to_string());
        in_command(program, || {
            let program = std::env::current_exe().unwrap();
            let source = Dir::new();
            let assets = dev(&source).version_from_executable();
            if std::env::var_os("IT_IS_DELETED").is_some_and(|is_deleted| is_deleted == "true") {
                fs::remove_file(&program).unwrap();
                return assets
                    .build()
                    .map_or_else(|err| format!("{:?}: {err}", err.kind()), |_| String::new());
            }
            let assets = assets.build().unwrap();
            let before = assets.app_version();
            fs::rename(&program, program.with_extension("moved")).unwrap();
            assert_eq!(assets.reload().unwrap().app_version(), before, "the executable is read once");
            fs::rename(program.with_extension("moved"), &program).unwrap();
            before.to_string()
        })
    };
    let first = build_in_copy(false);
    assert_eq!(build_in_copy(false), first);
    append(b"another build");
    assert_ne!(build_in_copy(false), first);
    let text = build_in_copy(true);
    assert!(text.starts_with("Unreadable: file `"), "{text}");
    assert!(text.contains("of component `executable` cannot be read: "), "{text}");
    assert!(text.ends_with("; remove `.version_from_executable()`"), "{text}");
}

#[test]
fn components_contribute_to_the_app_version() {
    let files = Dir::new();
    let (base, other) = (files.write("base.html", "one"), files.write("other.html", "two"));
    let source = Dir::with_paths(&["a.css"]);
    let lines = |prefix: &str| {
        let line = |component: &str, path: &Path, content: &str| {
            format!(
                "{component}\0{}\0{}\n",
                path.display(),
                fingerpost::manifest::Digest::from_content(content.as_bytes())
            )
        };
        let text = format!("{prefix}{}{}", line("mail", &other, "two"), line("pages", &base, "one"));
        hash(text)
    };
    let with = |assets: AssetsBuilder| {
        assets.component("pages", [&base]).component("mail", [&other]).build().unwrap()
    };
    let version_of =
        |assets: &Assets| format!("{} from {}", assets.app_version(), assets.app_version().source());

    let assets = with(dev(&source));
    assert_eq!(version_of(&assets), format!("{} from components", lines("")));
    let output = publish(&[("a.css", "a.0123456789ab.css")], "/static/");
    let hash = production(&output).build().unwrap().app_version();
    assert_eq!(
        version_of(&with(production(&output))),
        format!("{} from manifest", lines(&format!("{hash}\n")))
    );
    assert_eq!(version_of(&with(production(&output).app_version("v1"))), "v1 from explicit");

    let before = assets.app_version();
    files.write("base.html", "new");
    assert_eq!(assets.app_version(), before);
    assert_ne!(assets.reload().unwrap().app_version(), before);
    fs::remove_file(&base).unwrap();
    let err = assets.reload().unwrap_err();
    assert_eq!(
        err.to_string(),
        format!("file `{}` of component `pages` does not exist; correct `.component()`", base.display())
    );
}

#[test]
fn unreadable_component_is_an_error_that_names_the_path() {
    let (source, files) = (Dir::with_paths(&["a.css"]), Dir::with_paths(&["pages/base.html"]));
    let (directory, inside_a_file) = (files.path("pages"), files.path("pages/base.html/x"));
    let output = publish(&[("a.css", "a.0123456789ab.css")], "/static/");
    for builder in [|source, _| dev(source), |_, output| production(output)] {
        let built = |file| AssetsBuilder::component(builder(&source, &output), "pages", [file]).build();
        let err = built(&directory).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
        assert!(err.to_string().contains(&format!("`{}`", directory.display())), "{err}");

        let err = built(&inside_a_file).unwrap_err().to_string();
        assert!(err.contains(&format!("file `{}` of component `pages`", inside_a_file.display())), "{err}");
    }
}
