//! The table `[version]` of `fingerpost.toml`: the sources of the app version.

use std::{fs, path::Path};

use fingerpost::{
    Assets, AssetsBuilder, ErrorKind, Mode, Settings, Strategy, Token,
    manifest::{ComponentInfo, Digest, MANIFEST_NAME, Manifest},
};

use crate::support::{Dir, hash, in_child, in_child_with, publish, warnings};

fn site(version: &str, files: &[&str]) -> Dir {
    let dir = Dir::with_paths(files);
    dir.write("static/a.css", "a{}");
    let text = format!("sources = [\"static\"]\nout = \"out\"\n[version]\n{version}\n");
    dir.write("fingerpost.toml", text);
    dir
}

fn configured(dir: &Dir) -> AssetsBuilder {
    Assets::builder().settings(Settings::read(dir.path("fingerpost.toml")).unwrap())
}

fn development(dir: &Dir) -> Result<Assets, fingerpost::Error> {
    configured(dir).mode(Mode::Dev).build()
}

/// Returns the version with its source, and the components.
fn summary(assets: &Assets) -> String {
    let (version, snapshot) = (assets.app_version(), assets.snapshot());
    let components: Vec<_> = snapshot.components().map(|(name, files)| format!(" {name}={files}")).collect();
    format!("{version} from {}{}", version.source(), components.concat())
}

/// Returns the hashed lines of files whose content is their path.
fn lines(component: &str, paths: &[&str]) -> String {
    let line = |path: &&str| format!("{component}\0{path}\0{}\n", Digest::from_content(path.as_bytes()));
    paths.iter().map(line).collect()
}

#[track_caller]
fn build_error(version: &str, files: &[&str]) -> (ErrorKind, String) {
    let dir = site(version, files);
    let err = development(&dir).unwrap_err();
    (err.kind(), err.to_string().replace(&dir.as_ref().display().to_string(), "SITE"))
}

#[test]
fn app_and_git_settings_set_the_version() {
    let version = |table: &str, variables: &[(&str, &str)]| {
        let variables = [variables, &[("IT", table)]].concat();
        in_child_with(&variables, || {
            let dir = site(&std::env::var("IT").unwrap(), &["templates/base.html"]);
            summary(&development(&dir).unwrap())
        })
    };
    let commit = [("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")];
    assert_eq!(version("app = \"v1.2\"\ngit = true", &commit), "v1.2 from explicit");
    assert_eq!(version("app = \"\"\ngit = true", &commit), "0123456 from git");
    let both = "git = true\ncomponents = { templates = [\"templates/*\"] }";
    assert_eq!(version(both, &commit), "0123456 from git templates=1");
    assert_eq!(version("app = \"\"", &commit), "unknown from unknown");
    assert_eq!(version("git = false", &commit), "unknown from unknown");
    let named = [("FINGERPOST_APP_VERSION", "v2")];
    assert_eq!(version("app = \"v1.2\"", &named), "v2 from explicit");
}

#[test]
fn invalid_version_table_is_an_error_with_the_line() {
    for (version, reason) in [
        ("name = \"v1\"", "unknown key `name` in `[version]`; known keys are `app`, `git`, `components`"),
        ("components = [\"templates/**\"]", "invalid type: sequence, expected a map"),
        ("components = { templates = \"templates/**\" }", "invalid type: string \"templates/**\""),
        ("components = { \"\" = [\"a\"] }", "component `` needs a name without NUL or line feed"),
        ("components = { \"a\\nb\" = [\"a\"] }", "component `a\\nb` needs a name without NUL or line feed"),
        (
            "components = { a = [] }",
            "component `a` has no files; write `[\"templates/**\"]`, or leave it out",
        ),
        ("components = { a = [\"\"] }", "component `a`: `` is not the path of a file"),
        ("components = { a = [\"./\"] }", "component `a`: `./` is not the path of a file"),
        ("components = { a = ['a\\b'] }", "component `a`: `a\\b` has a backslash; write `/`"),
        ("components = { a = [\"/a\"] }", "`/a` is absolute; write it relative to the settings file"),
        ("components = { a = [\"a[\"] }", "component `a`: `a[` cannot be read: "),
    ] {
        let dir = site(version, &[]);
        let err = Settings::read(dir.path("fingerpost.toml")).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        let text = err.to_string();
        assert!(text.contains("line 4") && text.contains(reason), "{text}");
    }
}

#[test]
fn development_reads_component_files_at_startup_and_on_reload() {
    let dir = site(
        r#"components = { templates = ["templates/**"], site = ["config/site.json"] }"#,
        &["templates/base.html", "templates/mail/welcome.txt", "config/site.json", "config/other.json"],
    );
    let templates = ["templates/base.html", "templates/mail/welcome.txt"];
    let all = hash(lines("site", &["config/site.json"]) + &lines("templates", &templates));
    let assets = development(&dir).unwrap();
    assert_eq!(summary(&assets), format!("{all} from components site=1 templates=2"));

    dir.write("config/other.json", "new");
    assert_eq!(*assets.reload().unwrap().app_version(), *all);
    dir.write("templates/new.html", "new");
    let added = summary(&assets);
    assert_eq!(added, format!("{all} from components site=1 templates=2"), "before a reload");
    let before = assets.snapshot();
    assert_ne!(*assets.reload().unwrap().app_version(), *all);
    assert!(summary(&assets).ends_with(" site=1 templates=3"));
    assert!(before.components().eq([("site", 1), ("templates", 2)]), "a snapshot does not change");

    fs::remove_file(dir.path("templates/new.html")).unwrap();
    assert_eq!(*assets.reload().unwrap().app_version(), *all);
    dir.write("templates/base.html", "edited");
    assert_ne!(*assets.reload().unwrap().app_version(), *all);
}

#[test]
fn same_component_files_in_another_directory_give_the_same_version() {
    let version = |files: &[&str], table: &str, working_dir: bool| {
        let dir = site(table, files);
        let settings = if working_dir { "fingerpost.toml".into() } else { dir.path("fingerpost.toml") };
        let read = || {
            let settings = Settings::read(settings).unwrap();
            Assets::builder().settings(settings).mode(Mode::Dev).build().unwrap().app_version().to_string()
        };
        if working_dir {
            std::env::set_current_dir(&dir).unwrap();
            let version = read();
            std::env::set_current_dir("/").unwrap();
            return version;
        }
        read()
    };
    let files = ["templates/a.html", "templates/b/c.html"];
    let glob = r#"components = { templates = ["templates/**"] }"#;
    let expected = hash(lines("templates", &files));
    assert_eq!(version(&files, glob, false), expected);
    assert_eq!(version(&[files[1], files[0]], glob, false), expected, "independent of the order of creation");
    let twice = r#"components = { templates = ["./templates/b/c.html", "templates//*.html", "templates/**/*.html"] }"#;
    assert_eq!(version(&files, twice, false), expected, "independent of repeated and different patterns");
    assert_eq!(in_child(move || version(&files, glob, true)), expected);
}

#[test]
fn component_glob_without_matches_is_an_error() {
    let advice = "correct `[version] components`";
    for (glob, files) in [
        ("templates/**", &[][..]),
        ("templates/*.html", &["templates/a.txt", "templates/b/c.html"]),
        ("t?mplates", &["static/b.css"]),
        (
            "templates/**",
            &["templates/.hidden", "templates/a.html~", "templates/CVS/Entries", "templates/.x/y"],
        ),
    ] {
        let table = format!("components = {{ templates = [\"static/**\", \"{glob}\"] }}");
        let text = format!("component `templates`: `{glob}` matches no file in `SITE`; {advice}");
        assert_eq!(build_error(&table, files), (ErrorKind::InvalidConfig, text));
    }
    let (kind, text) = build_error("components = { site = [\"gone.json\"] }", &[]);
    assert_eq!(kind, ErrorKind::NotFound);
    assert_eq!(text, format!("file `SITE/gone.json` of component `site` does not exist; {advice}"));
    let (kind, text) = build_error("components = { templates = [\"templates/\"] }", &["templates/a.html"]);
    assert_eq!(kind, ErrorKind::InvalidConfig);
    assert_eq!(text, "`templates` in `[version] components` is a directory; write `templates/**`");
}

#[test]
fn explicitly_named_hidden_file_is_included() {
    let dir =
        site("components = { site = [\".env.example\", \"a[[]b].html\"] }", &[".env.example", "a[b].html"]);
    let both = hash(lines("site", &[".env.example", "a[b].html"]));
    assert_eq!(summary(&development(&dir).unwrap()), format!("{both} from components site=2"));
}

#[test]
fn component_globs_skip_the_output_dir() {
    let dir = site("components = { pages = [\"**/*.html\"] }", &["a.html", "out/b.html", "out/c/d.html"]);
    let expected = format!("{} from components pages=1", hash(lines("pages", &["a.html"])));
    assert_eq!(summary(&development(&dir).unwrap()), expected);
    dir.write("dist/e.html", "e");
    let assets = configured(&dir).collected(dir.path("dist")).mode(Mode::Dev).build().unwrap();
    assert!(summary(&assets).ends_with(" pages=3"), "another output directory: {}", summary(&assets));
}

#[test]
fn component_files_may_be_outside_the_settings_directory() {
    let dir = Dir::with_paths(&["shared/a.html", "shared/b.html", "site/static/x.css"]);
    let components = r#"components = { shared = ["../shared/*"], one = ["../shared/a.html"] }"#;
    dir.write("site/fingerpost.toml", format!("sources = [\"static\"]\n[version]\n{components}"));
    let settings = Settings::read(dir.path("site/fingerpost.toml")).unwrap();
    let assets = Assets::builder().settings(settings).mode(Mode::Dev).build().unwrap();
    let line = |component: &str, name: &str| {
        format!("{component}\0../{name}\0{}\n", Digest::from_content(name.as_bytes()))
    };
    let all = [("one", "shared/a.html"), ("shared", "shared/a.html"), ("shared", "shared/b.html")];
    let text: String = all.iter().map(|(component, name)| line(component, name)).collect();
    assert_eq!(summary(&assets), format!("{} from components one=1 shared=2", hash(text)));
}

#[cfg(unix)]
#[test]
fn component_globs_follow_symlinks_and_stop_at_loops() {
    use std::os::unix::fs::symlink;
    let dir = site(
        "components = { templates = [\"templates/**/*.html\"] }",
        &["elsewhere/a.html", "templates/b.html"],
    );
    symlink(dir.path("elsewhere"), dir.path("templates/linked")).unwrap();
    symlink(dir.path("templates"), dir.path("templates/again")).unwrap();
    symlink("gone", dir.path("templates/.#b.html")).unwrap();
    symlink("gone", dir.path("templates/gone.txt")).unwrap();
    assert!(summary(&development(&dir).unwrap()).ends_with(" from components templates=2"));

    symlink("gone", dir.path("templates/gone.html")).unwrap();
    let err = development(&dir).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Unreadable);
    let prefix = format!("cannot read `{}`: ", dir.path("templates/gone.html").display());
    assert!(err.to_string().starts_with(&prefix), "{err}");
}

#[cfg(unix)]
#[test]
fn component_file_with_a_name_that_is_not_utf_8_is_rejected() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let dir = site("components = { templates = [\"templates/*\"] }", &["templates/a.html"]);
    fs::write(dir.path("templates").join(OsStr::from_bytes(b"\xff.html")), "").unwrap();
    let err = development(&dir).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    let reason = "which `[version] components` matches, is not UTF-8; rename it";
    assert!(err.to_string().ends_with(reason), "{err}");
}

#[test]
fn strategies_without_a_build_step_read_component_files() {
    let table = "components = { templates = [\"templates/*\"] }";
    let dir = site(table, &["templates/a.html"]);
    let version = hash(lines("templates", &["templates/a.html"]));
    for builder in [
        configured(&dir).strategy(Strategy::VersionQuery),
        configured(&dir).strategy(Strategy::PathToken(Token::ordered(1).unwrap())).base_url("/{breaker}/"),
    ] {
        let assets = builder.mode(Mode::Production).build().unwrap();
        assert_eq!(summary(&assets), format!("{version} from components templates=1"));
    }
    let assets = configured(&dir).strategy(Strategy::VersionQuery).mode(Mode::Production).build().unwrap();
    assert_eq!(assets.url("a.css").unwrap(), *format!("/static/a.css?v={version}"));
    dir.write("templates/a.html", "edited");
    assert_ne!(assets.reload().unwrap().url("a.css").unwrap(), *format!("/static/a.css?v={version}"));
}

/// Writes a manifest with this component to the output directory, and returns the hash of the manifest.
fn publish_with(dir: &Dir, component: Option<(&str, ComponentInfo)>) -> String {
    let output = publish(&[("a.css", "a{}")], "/static/");
    let json = fs::read(output.path(MANIFEST_NAME)).unwrap();
    let mut manifest = Manifest::parse(&json, MANIFEST_NAME).unwrap();
    if let Some((name, info)) = component {
        manifest.insert_component(name, info);
    }
    dir.write(Path::new("out").join(MANIFEST_NAME), manifest.to_json());
    manifest.hash().unwrap()
}

#[test]
fn production_reads_components_from_the_manifest_and_no_files() {
    let dir = site("components = { templates = [\"templates/**\"] }", &["templates/a.html", "b.html"]);
    let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
    let info = settings.version.digest_component("templates", None).unwrap();
    assert_eq!(info.files, 1);
    let line = format!("templates/a.html\0{}\n", Digest::from_content(b"templates/a.html"));
    assert_eq!(info.sha256, Digest::from_content(line.as_bytes()));
    let version = publish_with(&dir, Some(("templates", info)));
    fs::remove_dir_all(dir.path("templates")).unwrap();

    let production = || configured(&dir).mode(Mode::Production);
    let assets = production().build().unwrap();
    assert_eq!(summary(&assets), format!("{version} from manifest templates=1"));
    // Components of the builder are added to the components in the manifest.
    let both = production().component("templates", [dir.path("b.html")]).build().unwrap();
    let line = format!("templates\0{}\0{}\n", dir.path("b.html").display(), Digest::from_content(b"b.html"));
    let hashed = hash(format!("{version}\n{line}"));
    assert_eq!(summary(&both), format!("{hashed} from manifest templates=2"));

    let other =
        publish_with(&dir, Some(("templates", ComponentInfo::new(7, Digest::from_content(b"other")))));
    assert_ne!(other, version);
    assets.reload().unwrap();
    assert_eq!(summary(&assets), format!("{other} from manifest templates=7"));
}

#[test]
fn manifest_without_the_components_is_accepted_with_a_warning() {
    let dir = site("components = { templates = [\"templates/**\"] }", &["templates/a.html"]);
    let version = publish_with(&dir, None);
    let warned = warnings(|| {
        let assets = configured(&dir).mode(Mode::Production).build().unwrap();
        assert_eq!(summary(&assets), format!("{version} from manifest"));
    });
    let location = dir.path("out").display().to_string();
    assert_eq!(
        warned,
        [format!(
            "the manifest in `{location}` has no component `templates`, which `[version]` lists, so the app version does \
             not depend on it; run `fingerpost collect` again with the same settings file"
        )]
    );
    publish_with(&dir, Some(("templates", ComponentInfo::new(1, Digest::from_content(b"")))));
    assert_eq!(warnings(|| drop(configured(&dir).mode(Mode::Production).build().unwrap())), [""; 0]);
}

#[test]
fn digest_of_an_unknown_component_is_an_error() {
    let dir = site("components = { templates = [\"templates/**\"] }", &["templates/a.html"]);
    let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
    let err = settings.version.digest_component("pages", None).unwrap_err();
    assert_eq!(err.to_string(), "the settings file has no component `pages`");
}
