//! The strategies without a build step.

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
};

use fingerpost::{
    __private::{BaselineFile, FileStamp},
    Assets, AssetsBuilder, ErrorKind, Mode, OnMissing, Strategy, Token,
};

use crate::support::{Dir, dev, hash, in_child, in_command, production, publish, this_program, warnings};
#[cfg(unix)]
use crate::{
    permissions::{ordinary_user, permit},
    support::write_note,
};

fn without_build_step(source: &Dir, strategy: Strategy) -> AssetsBuilder {
    let base = if matches!(strategy, Strategy::PathToken(_)) { "/static/{breaker}/" } else { "/static/" };
    Assets::builder()
        .source(source)
        .mode(Mode::Production)
        .strategy(strategy)
        .base_url(base)
        .app_version("3f2a91b")
}

fn token() -> Strategy {
    Strategy::PathToken(Token::ordered(1000).unwrap())
}

#[test]
fn version_is_inserted_into_the_query_or_the_path() {
    let dir = Dir::with_paths(&["css/app.css", "%2F.txt"]);
    let table = [
        ("css/app.css", "/static/css/app.css?v=3f2a91b", "/static/1000/css/app.css"),
        ("/css/app.css", "/static/css/app.css?v=3f2a91b", "/static/1000/css/app.css"),
        ("css/app.css?x=1#f", "/static/css/app.css?x=1&v=3f2a91b#f", "/static/1000/css/app.css?x=1#f"),
        ("css/app.css?v=3", "/static/css/app.css?v=3", "/static/1000/css/app.css?v=3"),
        ("css/", "/static/css/", "/static/1000/css/"),
        ("%2F.txt", "/static/%252F.txt?v=3f2a91b", "/static/1000/%252F.txt"),
    ];
    let query = without_build_step(&dir, Strategy::VersionQuery).build().unwrap();
    let path = without_build_step(&dir, token()).build().unwrap();
    for (written, with_query, with_token) in table {
        assert_eq!(query.url(written).unwrap(), with_query);
        assert_eq!(path.url(written).unwrap(), with_token);
    }
}

#[test]
fn asset_names_are_fixed_from_startup_until_reload() {
    let dir = Dir::with_paths(&["a.css", ".hidden"]);
    for strategy in [Strategy::VersionQuery, token()] {
        let assets = without_build_step(&dir, strategy.clone()).build().unwrap();
        for unknown in ["b.css", ".hidden", "../a.css"] {
            assert!(assets.url(unknown).is_err(), "{unknown}");
        }
        assert!(assets.url("a.cs").unwrap_err().to_string().ends_with("(did you mean `a.css`?)"));
        dir.write("b.css", "b{}");
        assert_eq!(assets.url("b.css").unwrap_err().kind(), ErrorKind::NotFound);
        assets.reload().unwrap();
        assert!(assets.url("b.css").is_ok());
        assert_eq!(assets.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["a.css", "b.css"]);
        fs::remove_file(dir.path("b.css")).unwrap();
    }
}

#[test]
fn plus_in_a_version_is_percent_encoded_in_the_query() {
    let dir = Dir::with_paths(&["a.css"]);
    let assets = without_build_step(&dir, Strategy::VersionQuery).app_version("v1.2+3+4");
    let assets = assets.origin("https://example.com").build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/a.css?v=v1.2%2B3%2B4");
    assert_eq!(assets.url("a.css?x=1+2#f").unwrap(), "/static/a.css?x=1+2&v=v1.2%2B3%2B4#f");
    assert_eq!(assets.absolute_url("a.css").unwrap(), "https://example.com/static/a.css?v=v1.2%2B3%2B4");
    assert_eq!(&*assets.app_version(), "v1.2+3+4");
    // In a path, `+` is a literal plus.
    let token = Strategy::PathToken(Token::opaque("v1.2+3").unwrap());
    let assets = without_build_step(&dir, token).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), "/static/v1.2+3/a.css");
}

#[test]
fn clock_token_warns_once_that_it_is_valid_for_one_process() {
    let output = in_child(|| {
        let threads = || thread::scope(|scope| drop([(); 4].map(|()| scope.spawn(Token::from_clock))));
        warnings(|| {
            drop([Token::from_clock(), Token::from_clock()]);
            threads();
        })
        .join("\n")
    });
    assert_eq!(
        output,
        "the path token comes from the clock, which is suitable for one process only; set the same token in all processes"
    );
}

#[test]
fn integrity_without_a_build_step_follows_the_current_bytes() {
    let dir = Dir::with_paths(&["a.css"]);
    let assets = without_build_step(&dir, Strategy::VersionQuery).build().unwrap();
    dir.write("a.css", "new");
    let integrity = assets.integrity("a.css").unwrap();
    assert_eq!(integrity, fingerpost::manifest::Digest::from_content(b"new").integrity());
}

#[test]
fn development_uses_content_queries_unless_strategy_in_dev_is_set() {
    let dir = Dir::new();
    dir.write("a.css", "a{}");
    let url = |strategy: &Strategy, strategy_in_dev| {
        let assets =
            without_build_step(&dir, strategy.clone()).mode(Mode::Dev).strategy_in_dev(strategy_in_dev);
        assets.build().unwrap().url("a.css").unwrap().to_string()
    };
    let content = format!("/static/a.css?v={}", hash("a{}"));
    assert_eq!([url(&Strategy::VersionQuery, false), url(&token(), false)], [content.clone(), content]);
    assert_eq!(url(&Strategy::VersionQuery, true), "/static/a.css?v=3f2a91b");
    assert_eq!(url(&token(), true), "/static/1000/a.css");

    let manifest = publish(&[("a.css", "a.0123456789ab.css")], "/static/");
    let assets = dev(&dir).collected(&manifest).strategy_in_dev(true).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), production(&manifest).build().unwrap().url("a.css").unwrap());
}

#[test]
fn contradictory_settings_are_rejected_at_startup() {
    let dir = Dir::with_paths(&["a.css"]);
    let build_error = |assets: AssetsBuilder| {
        let err = assets.build().unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        err.to_string()
    };
    for mode in [Mode::Dev, Mode::Production] {
        assert_eq!(
            build_error(without_build_step(&dir, token()).base_url("/static/").mode(mode)),
            "base URL `/static/` has no `{breaker}` for the path token; add it as a segment, as in `/static/{breaker}/`"
        );
        assert!(
            build_error(
                without_build_step(&dir, Strategy::VersionQuery).base_url("/static/{breaker}/").mode(mode)
            )
            .contains("only the strategy `PathToken` replaces")
        );
    }
}

#[test]
fn base_url_with_only_the_token_is_the_root_in_development() {
    let dir = Dir::with_files(&[("a.css", "a{}")]);
    for base in ["/{breaker}", "/{breaker}/"] {
        let assets = || without_build_step(&dir, token()).base_url(base);
        assert_eq!(assets().build().unwrap().url("a.css").unwrap(), "/1000/a.css");
        let development = assets().mode(Mode::Dev).build().unwrap();
        assert_eq!(development.url("a.css").unwrap(), *format!("/a.css?v={}", hash("a{}")));
    }
}

#[test]
fn fallback_version_is_rejected_with_advice_by_source() {
    // A process without variables, search path and repository.
    let mut process = this_program();
    process.env_clear().env("PATH", "/nowhere").current_dir("/");
    let output = in_command(process, || {
        let dir = Dir::with_paths(&["a.css"]);
        let assets = || without_build_step(&dir, Strategy::VersionQuery).app_version("");
        let errors = [
            assets().app_version("dev"),
            assets().app_version("unknown"),
            assets(),
            assets().version_from_git(),
        ]
        .map(|assets| assets.build().unwrap_err());
        assert!(errors.iter().all(|err| err.kind() == ErrorKind::InvalidConfig));
        errors.map(|err| err.to_string()).join("\n")
    });
    let explicit = "because `.app_version()`, FINGERPOST_APP_VERSION or the settings file sets it; set a version there that changes with every deploy, or remove it, use `.version_from_git()` and";
    let unknown = "because no source is set; set FINGERPOST_APP_VERSION or `.app_version()`, or use `.version_from_git()` and";
    let git =
        "because neither a variable nor a repository has a commit; set FINGERPOST_APP_VERSION or one of";
    let expected = [
        format!("`dev`, {explicit} set one of"),
        format!("`unknown`, {explicit} set one of"),
        format!("`unknown`, {unknown} set one of"),
        format!("`dev`, {git}"),
    ];
    assert_eq!(output.lines().count(), expected.len(), "{output}");
    for (line, expected) in output.lines().zip(expected) {
        let start =
            "the strategy `VersionQuery` needs an app version that changes with every deploy, but it is";
        assert!(line.starts_with(&format!("{start} {expected} RAILWAY_GIT_COMMIT_SHA, ")), "{line}");
        assert!(line.contains("GITHUB_SHA"), "{line}");
    }
}

fn listed(assets: &Assets, path: &str) -> Option<BaselineFile> {
    assets.snapshot().baseline_file(path).cloned()
}

fn stamp_of(file: &Path) -> FileStamp {
    FileStamp::from_metadata(&fs::metadata(file).unwrap())
}

#[test]
fn baseline_contains_each_file_and_its_stamp() {
    let (first, second) = (Dir::with_paths(&["a.css", "what?.css"]), Dir::with_paths(&["a.css", "b.css"]));
    for strategy in [Strategy::VersionQuery, token()] {
        let assets = without_build_step(&first, strategy).source_at("vendor", &second).build().unwrap();
        for (path, file) in [("a.css", first.path("a.css")), ("vendor/b.css", second.path("b.css"))] {
            let known = listed(&assets, path).unwrap();
            assert_eq!((&known.file, known.stamp), (&file, stamp_of(&file)));
        }
        for unknown in ["c.css", "b.css", "/a.css", "what?.css", ""] {
            assert_eq!(listed(&assets, unknown), None, "{unknown}");
        }
    }
    let manifest = production(&publish(&[("a.css", "a{}")], "/static/")).build().unwrap();
    for assets in [manifest, dev(&first).build().unwrap()] {
        assert!(assets.url("a.css").is_ok());
        assert_eq!(listed(&assets, "a.css"), None);
    }
}

#[test]
fn reload_preserves_the_baseline_stamps_of_known_urls() {
    let (first, second) = (Dir::with_paths(&["a.css", "gone.css"]), Dir::with_paths(&["b.css"]));
    for strategy in [Strategy::VersionQuery, token()] {
        let assets = without_build_step(&first, strategy).source(&second).build().unwrap();
        let reloaded = || drop(assets.reload().unwrap());
        let [a, b, gone] = ["a.css", "b.css", "gone.css"].map(|path| listed(&assets, path).unwrap());

        first.replace("a.css", "other bytes");
        // From now on, `b.css` is in the first source directory.
        first.write("b.css", "other bytes");
        first.write("new.css", "new");
        fs::remove_file(first.path("gone.css")).unwrap();
        reloaded();
        assert_eq!(listed(&assets, "a.css"), Some(a.clone()));
        assert_ne!(a.stamp, stamp_of(&a.file));
        let now = listed(&assets, "b.css").unwrap();
        assert_eq!((now.file, now.stamp), (first.path("b.css"), b.stamp));
        assert_eq!(listed(&assets, "new.css").unwrap().stamp, stamp_of(&first.path("new.css")));
        assert_eq!(listed(&assets, "gone.css"), None);

        first.write("gone.css", "back again");
        reloaded();
        assert_eq!(listed(&assets, "gone.css"), Some(gone.clone()));
        assert_eq!(listed(&assets, "a.css"), Some(a));
        assert_ne!(gone.stamp, stamp_of(&gone.file));
        for name in ["b.css", "new.css"] {
            fs::remove_file(first.path(name)).unwrap();
        }
    }
}

#[test]
fn changed_version_rebuilds_the_baseline() {
    let repository = Dir::with_files(&[(".git/HEAD", &"89abcdef".repeat(5)), ("static/a.css", "a{}")]);
    let mut process = this_program();
    process.env_clear().env("PATH", "/nowhere").env("IT", repository.as_ref());
    let output = in_command(process, || {
        let repository = PathBuf::from(env::var_os("IT").unwrap());
        let file = repository.join("static/a.css");
        let assets = Assets::builder().source(repository.join("static")).version_from_git();
        let assets = assets.mode(Mode::Production).strategy(Strategy::VersionQuery).build().unwrap();
        let before = assets.snapshot();
        fs::write(&file, "other bytes").unwrap();
        assets.reload().unwrap();
        assert_eq!(listed(&assets, "a.css").as_ref(), before.baseline_file("a.css"));
        fs::write(repository.join(".git/HEAD"), "0123456789".repeat(4)).unwrap();
        assets.reload().unwrap();
        assert_eq!(listed(&assets, "a.css").unwrap().stamp, stamp_of(&file));
        assert_ne!(listed(&assets, "a.css").as_ref(), before.baseline_file("a.css"));
        assets.url("a.css").unwrap().to_string()
    });
    assert_eq!(output, "/static/a.css?v=0123456");
}

#[cfg(unix)]
#[test]
fn unreadable_source_fails_startup_and_reload() {
    let home = Dir::new();
    let Some(process) = ordinary_user(&home) else {
        return write_note("permissions do not apply to this user: unreadable sources are not tested");
    };
    let output = in_command(process, || {
        let dir = Dir::with_paths(&["a.css", "closed/b.css", "ignored/c.css"]);
        for strategy in [Strategy::VersionQuery, token()] {
            let build = || without_build_step(&dir, strategy.clone()).ignore(["ignored"]).build();
            let assets = build().unwrap();
            let before = assets.url("closed/b.css").unwrap();
            permit(&dir.path("ignored"), 0);
            for (closed, open) in [("closed", 0o755), ("closed/b.css", 0o644)] {
                permit(&dir.path(closed), 0);
                for err in [build().unwrap_err(), assets.reload().unwrap_err()] {
                    assert_eq!(err.kind(), ErrorKind::Unreadable, "{err}");
                    let start = format!("cannot read `{}`: ", dir.path(closed).display());
                    assert!(err.to_string().starts_with(&start), "{err}");
                }
                assert_eq!(assets.url("closed/b.css").unwrap(), before);
                permit(&dir.path(closed), open);
            }
            assert!(assets.reload().is_ok());
            permit(&dir.path("ignored"), 0o755);
        }
        "checked".to_owned()
    });
    assert_eq!(output, "checked");
}

#[cfg(target_os = "linux")]
#[test]
fn invalid_symlinks_and_names_are_skipped_with_a_warning() {
    use std::os::unix::{ffi::OsStrExt as _, fs::symlink};

    let (dir, outside) = (Dir::with_paths(&["a.css"]), Dir::with_paths(&["b.css"]));
    for (target, name) in [
        (Path::new("nowhere"), "dangling.css"),
        (Path::new("itself.css"), "itself.css"),
        (Path::new("."), "loop"),
        (&outside.path("b.css"), "outside.css"),
    ] {
        symlink(target, dir.path(name)).unwrap();
    }
    dir.write(Path::new(std::ffi::OsStr::from_bytes(b"\xff.css")), "");
    dir.write("back\\slash.css", "");
    for strategy in [Strategy::VersionQuery, token()] {
        let mut names = Vec::new();
        let messages = warnings(|| {
            let assets = without_build_step(&dir, strategy.clone()).build().unwrap();
            names = assets.reload().unwrap().iter().map(|(path, _)| path).collect();
        });
        assert_eq!(names, ["a.css"]);
        let count_with = |word: &str| messages.iter().filter(|warning| warning.contains(word)).count();
        for word in ["dangling.css", "itself.css", "outside.css", "is not UTF-8", "backslash"] {
            assert_eq!(count_with(word), 2, "{word}: {messages:?}");
        }
        assert_eq!(count_with("; the entry is left out"), messages.len());
        assert_eq!(messages.len(), 10);
    }
}

#[test]
fn unknown_asset_with_plain_policy_gets_the_unhashed_url() {
    let dir = Dir::with_paths(&["a.css"]);
    let plain = |strategy| {
        without_build_step(&dir, strategy).on_missing(OnMissing::Plain).build().unwrap().url("b.css?x=1")
    };
    assert_eq!(plain(Strategy::VersionQuery).unwrap(), "/static/b.css?x=1");
    assert_eq!(plain(token()).unwrap(), "/static/1000/b.css?x=1");
}
