//! `fingerpost.toml`.

use fingerpost::{Assets, Error, ErrorKind, Mode, Settings, manifest::MANIFEST_NAME};

use crate::support::{Dir, Site, hash, in_child, in_child_with, publish};

const FILE: &str = r#"
sources = ["static", "vendor=node_modules/htmx/dist", "=a=b"]
out = "dist/static"
base-url = "/assets/"
origin = "https://example.com"
version.app = "v1.2"
ignore = ["*.psd"]
hidden = false
follow-symlinks = false
"#;

fn project() -> Dir {
    let files = ["static/a.css", "static/b.psd", "node_modules/htmx/dist/htmx.js", "a=b/c.js"];
    let dir = Dir::with_paths(&files);
    dir.write("fingerpost.toml", FILE);
    dir
}

#[track_caller]
fn settings_error(toml: &str) -> Error {
    let dir = Dir::with_files(&[("fingerpost.toml", toml)]);
    let file = dir.path("fingerpost.toml");
    let err = Settings::read(&file).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig, "{err}");
    assert!(err.to_string().starts_with(&format!("settings file `{}`: ", file.display())), "{err}");
    err
}

#[test]
fn settings_file_configures_both_modes() {
    let output_in = |mode: &str| {
        in_child_with(&[("FINGERPOST_MODE", mode)], || {
            let dir = project();
            let collected = publish(&[("a.css", "static/a.css")], "/assets/");
            std::fs::create_dir(dir.path("dist")).unwrap();
            std::fs::rename(&collected, dir.path("dist/static")).unwrap();
            let assets = Assets::from_config(dir.path("fingerpost.toml")).unwrap();
            let all: Vec<_> = assets.iter().map(|(path, _)| path).collect();
            format!("{} {} {}", assets.absolute_url("a.css").unwrap(), assets.app_version(), all.join(" "))
        })
    };
    let h = hash("static/a.css");
    assert_eq!(
        output_in("dev"),
        format!("https://example.com/assets/a.css?v={h} v1.2 a.css c.js vendor/htmx.js")
    );
    assert_eq!(output_in("production"), format!("https://example.com/assets/a.{h}.css v1.2 a.css"));
}

#[test]
fn relative_paths_are_resolved_against_the_settings_file() {
    let output = in_child(|| {
        let dir = project();
        std::env::set_current_dir(&dir).unwrap();
        let relative = Settings::read("fingerpost.toml").unwrap();
        std::env::set_current_dir("/").unwrap();
        let absolute = Settings::read(dir.path("fingerpost.toml")).unwrap();
        assert_eq!(relative.sources[0].dir().file_name(), absolute.sources[0].dir().file_name());
        let assets = Assets::builder().settings(relative).mode(Mode::Dev).build().unwrap();
        assets.url("vendor/htmx.js").unwrap().to_string()
    });
    assert_eq!(output, format!("/assets/vendor/htmx.js?v={}", hash("node_modules/htmx/dist/htmx.js")));
}

#[test]
fn later_change_of_the_working_directory_has_no_effect() {
    let output = in_child(|| {
        let Site { source, output } = Site::with_paths(&["a.css"]);
        let dir = Dir::new();
        std::fs::rename(&source, dir.path("static")).unwrap();
        std::fs::rename(&output, dir.path("dist")).unwrap();
        std::env::set_current_dir(&dir).unwrap();
        let both = [Assets::dev("static").unwrap(), Assets::production("dist").unwrap()];
        std::env::set_current_dir("/").unwrap();
        let urls = both.map(|assets| {
            let before = assets.url("a.css").unwrap();
            assert_eq!(assets.reload().unwrap().url("a.css").unwrap(), before);
            before.to_string()
        });
        urls.join(" ")
    });
    let h = hash("a.css");
    assert_eq!(output, format!("/static/a.css?v={h} /static/a.{h}.css"));
}

#[test]
fn base_url_from_the_builder_overrides_environment_and_file() {
    let base = |variable: &str| {
        in_child_with(&[("FINGERPOST_BASE_URL", variable)], || {
            let dir = project();
            let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
            let build = |builder: fingerpost::AssetsBuilder| builder.mode(Mode::Dev).build().unwrap();
            let from_file = build(Assets::builder().settings(settings.clone()));
            let from_builder =
                build(Assets::builder().base_url("/b/").settings(settings.clone()).base_url("/c/"));
            format!("{} {}", from_file.base_url(), from_builder.base_url())
        })
    };
    assert_eq!(base(""), "/assets/ /c/");
    assert_eq!(base("https://cdn.example.com"), "https://cdn.example.com/ /c/");
}

#[test]
fn origin_from_the_builder_overrides_environment_and_file() {
    let origin = |builder: &str, variable: &str, file: &str| {
        in_child_with(&[("FINGERPOST_ORIGIN", variable), ("IT", &format!("{builder} {file}"))], || {
            let values = std::env::var("IT").unwrap();
            let (builder, file) = values.split_once(' ').unwrap();
            let dir = Dir::with_paths(&["a.css"]);
            let settings = crate::support::settings(|settings| {
                settings.origin = (!file.is_empty()).then(|| file.to_owned());
            });
            let assets = crate::support::dev(&dir).settings(settings);
            let assets = if builder.is_empty() { assets } else { assets.origin(builder) };
            match assets.build() {
                Ok(assets) => assets.absolute_url("a.css").unwrap().split('?').next().unwrap().to_owned(),
                Err(err) => format!("{:?}: {err}", err.kind()),
            }
        })
    };
    let (builder, variable, file) = ("https://builder.test", "https://variable.test/", "https://file.test");
    assert_eq!(origin(builder, variable, file), "https://builder.test/static/a.css");
    assert_eq!(origin("", variable, file), "https://variable.test/static/a.css");
    assert_eq!(origin("", "", file), "https://file.test/static/a.css");
    assert_eq!(origin("", "", ""), "/static/a.css");
    let advice = "is not an http or https URL; write scheme and host alone, such as `https://example.com`";
    for (message, setting) in [
        (origin("x", variable, file), "`origin`"),
        (origin("", "x", file), "FINGERPOST_ORIGIN"),
        (origin("", "", "x"), "the settings file"),
    ] {
        assert_eq!(message, format!("InvalidBaseUrl: origin `x` from {setting} {advice}"));
    }
}

#[test]
fn builder_overrides_the_settings_file_in_any_call_order() {
    let output = in_child(|| {
        let (dir, other) = (project(), Dir::with_paths(&["x.css"]));
        let settings = Settings::read(dir.path("fingerpost.toml")).unwrap();
        let set = |builder: fingerpost::AssetsBuilder| {
            let builder = builder.base_url("/b/").origin("https://b.example").app_version("b");
            builder.source(&other).collected(other.path("out")).mode(Mode::Dev)
        };
        let orders = [
            set(Assets::builder().settings(settings.clone())),
            set(Assets::builder()).settings(settings.clone()),
            set(Assets::builder().settings(Settings::default())).settings(settings.clone()),
        ];
        other.write("out/a.css", "collected");
        let urls = orders.map(|builder| {
            let assets = builder.build().unwrap();
            let all: Vec<_> = assets.iter().map(|(path, _)| path).collect();
            let url = assets.absolute_url("x.css").unwrap();
            format!("{} {} {}", url.split('?').next().unwrap(), assets.app_version(), all.join(" "))
        });
        urls.join("\n")
    });
    assert_eq!(output, ["https://b.example/b/x.css b x.css"; 3].join("\n"));
}

/// Returns the error for a settings file, without the name of the file.
#[track_caller]
fn reason(toml: &str) -> String {
    settings_error(toml)
        .to_string()
        .split_once("fingerpost.toml`: ")
        .expect("the error starts with the file name")
        .1
        .to_owned()
}

#[test]
fn unknown_key_is_an_error_with_its_line_and_the_nearest_key() {
    let all = "`sources`, `out`, `base-url`, `origin`, `ignore`, `hidden`, `follow-symlinks`, `version`, `importmap`, \
               `vite`, `bundle`, `collect`, `clean`, `check`, `publish`";
    for (toml, expected) in [
        (
            "out = \"dist\"\n\nsuorces = [\"static\"]\n",
            "line 3: unknown key `suorces`; did you mean `sources`?".to_owned(),
        ),
        ("\r\nhiden = true", "line 2: unknown key `hiden`; did you mean `hidden`?".to_owned()),
        ("[colect]\nx = 1", "line 1: unknown key `colect`; did you mean `collect`?".to_owned()),
        ("x = 1", format!("line 1: unknown key `x`; known keys are {all}")),
        (
            "out = \"\"\n[version]\ngti = true",
            "line 3: unknown key `gti` in `[version]`; did you mean `git`?".to_owned(),
        ),
        (
            "version.name = \"v1\"",
            "line 1: unknown key `name` in `[version]`; known keys are `app`, `git`, `components`".to_owned(),
        ),
        ("\"\\u202e\" = 1", format!("line 1: unknown key `\\u{{202e}}`; known keys are {all}")),
    ] {
        assert_eq!(reason(toml), expected);
    }
}

#[test]
fn misspelled_or_misplaced_key_is_an_error_with_advice() {
    for (key, advice) in [
        ("base_url", "did you mean `base-url`?"),
        ("follow_symlinks", "did you mean `follow-symlinks`?"),
        ("app_version", "write `app` in the table `[version]`"),
        ("originals", "write `originals` in the table `[collect]`"),
        ("compress", "write `compress` in the table `[collect]`"),
        ("compress_maps", "write `compress-maps` in the table `[collect]`"),
        ("compress-maps", "write `compress-maps` in the table `[collect]`"),
        ("keep_from", "write `keep-from` in the table `[collect]`"),
        ("fsync", "write `fsync` in the table `[collect]`"),
        ("missing", "write `missing` in the table `[collect.rules]`"),
        ("missing-map", "write `missing-map` in the table `[collect.rules]`"),
        ("leaves-base", "write `leaves-base` in the table `[collect.rules]`"),
        ("outside-base", "write `outside-base` in the table `[collect.rules]`"),
        ("syntax", "write `syntax` in the table `[collect.rules]`"),
        ("unsupported", "write `unsupported` in the table `[collect.rules]`"),
        ("shadowed", "write `shadowed` in the table `[collect.rules]`"),
        ("bare", "write `bare` in the table `[collect.rules]`"),
        ("imports", "write `imports` in the table `[importmap]`"),
        ("modules", "write `modules` in the table `[importmap]`"),
        ("rules.\"vendor/**\".missing", "write `rules` in the table `[collect]`"),
    ] {
        let name = key.split('.').next().unwrap();
        let expected = format!("line 2: unknown key `{name}`; {advice}");
        assert_eq!(reason(&format!("\n{key} = \"\"")), expected);
    }
    // `Settings::read` does not check the keys in the tables of other crates.
    let dir = Dir::with_files(&[("fingerpost.toml", "[collect]\nmissing = 1")]);
    Settings::read(dir.path("fingerpost.toml")).unwrap();
}

#[test]
fn invalid_value_is_an_error_with_its_line() {
    for (toml, expected) in [
        ("\nout = 3", "line 2: `out`: invalid type: integer `3`, expected path string"),
        ("\nsources = \"static\"", "line 2: `sources`: invalid type: string \"static\", expected a sequence"),
        ("sources = [\n\"static\",\n3]", "line 3: `sources`: invalid type: integer `3`, expected a string"),
        ("\nsources = [\"../x=y\"]", "line 2: `sources`: path `../x` leaves the asset directory"),
        ("version = 1", "line 1: `version` is not a table; write `[version]`"),
        ("\ncollect = true", "line 2: `collect` is not a table; write `[collect]`"),
        ("[[clean]]\nkeep = 1", "line 1: `clean` is not a table; write `[clean]`"),
        ("version.git = 1", "line 1: `git` in `[version]`: invalid type: integer `1`, expected a boolean"),
    ] {
        assert_eq!(reason(toml), expected);
    }
    for toml in ["out", "\nout = \"a\"\nout = \"b\""] {
        let text = reason(toml);
        assert!(text.starts_with("TOML parse error at line "), "{text}");
    }
    let escaped = reason("\ta = \u{1b}[31m");
    assert!(escaped.contains("\n1 | \ta = \\u{1b}[31m\n"), "{escaped}");
    let glob = reason("\nignore = [\"*.psd\", \"./drafts\"]");
    assert!(glob.starts_with("line 2: `ignore`: glob `./drafts` has a `.` segment"), "{glob}");
}

#[test]
fn table_of_another_crate_is_read_by_that_crate() {
    let dir = Dir::with_files(&[(
        "fingerpost.toml",
        "out = \"out\"\n[clean]\nkeep = \"x\"\n\"a b\" = 1\nkep = 1\n",
    )]);
    let file = dir.path("fingerpost.toml");
    let settings = Settings::read(&file).unwrap();
    let mut clean = settings.table("clean");
    assert_eq!((clean.get::<usize>("keep"), clean.path("out")), (None, None));
    let prefix = format!("settings file `{}`: ", file.display());
    let errors: Vec<_> = clean.finish().iter().map(|err| err.to_string().replace(&prefix, "")).collect();
    let expected = [
        "line 3: `keep` in `[clean]`: invalid type: string \"x\", expected usize",
        "line 4: unknown key `a b` in `[clean]`; known keys are `keep`, `out`",
        "line 5: unknown key `kep` in `[clean]`; did you mean `keep`?",
    ];
    assert_eq!(errors, expected);
    for settings in [settings, Settings::default()] {
        let mut absent = settings.table("collect");
        assert_eq!((absent.get::<bool>("fsync"), absent.other_tables().len()), (None, 0));
        assert_eq!(absent.finish().len(), 0);
    }
}

#[test]
fn missing_and_unreadable_settings_files_are_different_errors() {
    let dir = Dir::with_paths(&["fingerpost.toml/x"]);
    let missing = Assets::from_config(dir.path("other.toml")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::InvalidConfig);
    assert_eq!(
        missing.to_string(),
        format!("settings file `{}` does not exist", dir.path("other.toml").display())
    );
    assert_eq!(Assets::from_config(dir.path("fingerpost.toml")).unwrap_err().kind(), ErrorKind::Unreadable);
    let latin1 = dir.write("latin1.toml", b"origin = \"\xe9\"");
    assert_eq!(Assets::from_config(latin1).unwrap_err().kind(), ErrorKind::Unreadable);
}

#[test]
fn invalid_glob_is_an_error_that_contains_the_glob() {
    let settings = crate::support::settings(|settings| settings.ignore = vec!["a[".to_owned()]);
    let err = crate::support::dev(&Dir::new()).settings(settings).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert!(err.to_string().contains("`a[`") || err.to_string().contains("'a['"), "{err}");
}

#[test]
fn missing_source_dir_is_an_error_with_the_absolute_path() {
    let dir = Dir::with_paths(&["file"]);
    for (path, reason) in [
        ("nowhere", "does not exist; create it, or correct the path"),
        ("file", "is not a directory"),
        ("file/below", "is not a directory"),
    ] {
        let err = Assets::dev(dir.path(path)).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::SourceNotFound);
        assert_eq!(err.to_string(), format!("source directory `{}` {reason}", dir.path(path).display()));
    }
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        Assets::dev("nowhere").unwrap_err().to_string(),
        format!(
            "source directory `{}` does not exist; create it, or correct the path; is the working directory `{}` right?",
            here.join("nowhere").display(),
            here.display()
        )
    );
    let err = Assets::builder().mode(Mode::Dev).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert!(err.to_string().starts_with("no source directory is set"), "{err}");
    let err = Assets::builder().source_at("../x", &dir).mode(Mode::Dev).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidPath);
}

#[test]
fn source_dir_inside_the_output_dir_is_an_error() {
    let dir = Dir::with_paths(&["dist/static/a.css", MANIFEST_NAME]);
    for source in ["dist", "dist/static"] {
        let err = Assets::builder()
            .source(dir.path(source))
            .collected(dir.path("dist"))
            .mode(Mode::Dev)
            .build()
            .unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        assert!(err.to_string().ends_with("is in the output directory; use separate directories"), "{err}");
    }
}
