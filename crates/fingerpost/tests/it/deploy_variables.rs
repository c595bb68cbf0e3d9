//! The commit from the deploy variables of hosting platforms.

use std::env;

use fingerpost::{Assets, Mode, Strategy};

use crate::{
    git::{clean_process, head, repository, version_in},
    support::{Dir, in_command, warnings},
};

/// Returns the deploy variables in the order in which an error lists them.
fn deploy_variables() -> Vec<String> {
    let dir = Dir::with_paths(&["a.css"]);
    let assets = Assets::builder().source(&dir).mode(Mode::Production).strategy(Strategy::VersionQuery);
    let err = assets.app_version("dev").build().unwrap_err().to_string();
    let (_, names) = err.split_once("set one of ").unwrap();
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn first_deploy_variable_with_a_commit_is_used() {
    let dir = repository();
    let names = deploy_variables();
    assert!(names.len() > 6, "{names:?}");
    let commits: Vec<_> = (0..names.len()).map(|i| format!("ABCDE{i:02}{}", "9".repeat(i))).collect();
    let version_of = |invalid: usize| {
        let value = |i: usize| if i < invalid { "main" } else { &commits[i] };
        let variables: Vec<_> = names.iter().enumerate().map(|(i, name)| (&**name, value(i))).collect();
        version_in(dir.path("static"), "/nowhere", &variables)
    };
    for (i, name) in names.iter().enumerate() {
        assert_eq!(version_of(i), format!("abcde{i:02} from git"), "{name}");
    }
    assert_eq!(version_of(names.len()), head(&dir), "all variables are invalid");
}

#[test]
fn railway_commit_has_seven_digits() {
    let dir = repository();
    let railway = [("RAILWAY_GIT_COMMIT_SHA", "abc1234def0123456789abcdef0123456789abcd")];
    assert_eq!(version_in(dir.path("static"), "/nowhere", &railway), "abc1234 from git");
}

#[test]
fn deploy_variable_must_have_7_to_64_hex_digits() {
    let dir = repository();
    let from = |value: &str| version_in(dir.path("static"), "/nowhere", &[("SOURCE_VERSION", value)]);
    for commit in ["1234567", "ABCDEF0123456789abcdef0123456789abcdef01", " 1234567\n", &"0".repeat(64)] {
        let digits = commit.trim()[..7].to_lowercase();
        assert_eq!(from(commit), format!("{digits} from git"), "{commit}");
    }
    for garbage in ["", " ", "main", "123456", "12345678g", &"0".repeat(65), "</script>", "１２３４５６７"]
    {
        assert_eq!(from(garbage), head(&dir), "{garbage}");
    }
}

#[test]
fn explicit_version_overrides_every_commit() {
    let dir = repository();
    let variables = [("GITHUB_SHA", "1234567"), ("FINGERPOST_APP_VERSION", "v1")];
    assert_eq!(version_in(dir.path("static"), "/nowhere", &variables), "v1 from explicit");
}

#[test]
fn ignored_deploy_variables_are_logged() {
    let dir = Dir::with_files(&[(".git/HEAD", "0123456")]);
    let mut process = clean_process("/nowhere");
    process.env("IT", dir.as_ref()).env("SOURCE_VERSION", "</script>\n").env("GITHUB_SHA", "");
    let output = in_command(process, || {
        let source = env::var_os("IT").unwrap();
        let build = || drop(Assets::builder().source(&source).mode(Mode::Dev).version_from_git().build());
        warnings(build).join("\n")
    });
    assert_eq!(
        output,
        format!(
            "SOURCE_VERSION is `</script>\\n`, which is not a commit; it is ignored\nno commit can be read from `{}`; the app version is `dev`",
            dir.path(".git").display()
        )
    );
}

#[test]
fn unrelated_and_invalid_variables_have_no_effect() {
    let repository = Dir::with_files(&[(".git/HEAD", &"89abcdef".repeat(5)), ("static/a.css", "a{}")]);
    let hosts = ["GITHUB_SHA", "SOURCE_VERSION", "RAILWAY_GIT_COMMIT_SHA", "GIT_COMMIT", "CI_COMMIT_SHA"];
    let known = ["FINGERPOST_APP_VERSION", "FINGERPOST_BASE_URL", "FINGERPOST_MODE", "FINGERPOST_ORIGIN"];
    let values =
        ["</script>\r\nX-Evil: 1", "main", "⊗\u{7f}%2F..%2F", "../../etc/passwd", "0123456 and more"];
    let names = (0..1000).map(|i| match i {
        0..5 => hosts[i].to_owned(),
        _ if i % 2 == 0 => format!("{}_{i}", known[i / 2 % 4]),
        _ => format!("X{i}_{}", hosts[i / 2 % 5]),
    });
    let names: Vec<_> = names.collect();
    let garbage: Vec<_> = names.iter().map(String::as_str).zip(values.into_iter().cycle()).collect();
    let version_of =
        |variables: &[(&str, &str)]| version_in(repository.path("static"), "/nowhere", variables);
    assert_eq!(version_of(&[]), "89abcde from git");
    assert_eq!(version_of(&garbage), "89abcde from git");
    let set: Vec<_> = garbage.iter().copied().chain(known[..1].iter().map(|name| (*name, "v1"))).collect();
    assert_eq!(version_of(&set), "v1 from explicit");
    let empty: Vec<_> = garbage.into_iter().chain(known.map(|name| (name, ""))).collect();
    assert_eq!(version_of(&empty), "89abcde from git", "an empty variable counts as unset");
}
