//! `fingerpost.toml`.

use std::time::Duration;

use fingerpost::{Assets, Error, ErrorKind, Mode, Settings, manifest::MANIFEST_NAME};

use crate::support::{Dir, UrlOptions, alone, alone_with, hash, publish};

const FILE: &str = r#"
sources = ["static", "vendor=node_modules/htmx/dist", "=a=b"]
out = "dist/static"
base_url = "/assets/"
origin = "https://example.com"
version.app = "v1.2"
ignore = ["*.psd"]
hidden = false
follow_symlinks = false
originals = false
"#;

/// A project with a settings file and sources.
fn project() -> Dir {
    let files = ["static/a.css", "static/b.psd", "node_modules/htmx/dist/htmx.js", "a=b/c.js"];
    let dir = Dir::of(&files);
    dir.write("fingerpost.toml", FILE);
    dir
}

#[track_caller]
fn refused(toml: &str) -> Error {
    let dir = Dir::with(&[("fingerpost.toml", toml)]);
    let file = dir.at("fingerpost.toml");
    let err = Settings::read(&file).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig, "{err}");
    assert!(err.to_string().starts_with(&format!("settings file `{}`: ", file.display())), "{err}");
    err
}

#[test]
fn one_file_says_everything_for_both_modes() {
    let answer = |mode: &str| {
        alone_with(&[("FINGERPOST_MODE", mode)], || {
            let dir = project();
            let collected = publish(&[("a.css", "static/a.css")], "/assets/");
            std::fs::create_dir(dir.at("dist")).unwrap();
            std::fs::rename(&collected, dir.at("dist/static")).unwrap();
            let assets = Assets::from_config(dir.at("fingerpost.toml")).unwrap();
            let all: Vec<_> = assets.iter().map(|(path, _)| path).collect();
            format!("{} {} {}", assets.absolute_url("a.css").unwrap(), assets.app_version(), all.join(" "))
        })
    };
    let h = hash("static/a.css");
    assert_eq!(
        answer("dev"),
        format!("https://example.com/assets/a.css?v={h} v1.2 a.css c.js vendor/htmx.js")
    );
    assert_eq!(answer("production"), format!("https://example.com/assets/a.{h}.css v1.2 a.css"));
}

#[test]
fn relative_paths_are_relative_to_the_file_wherever_the_process_stands() {
    let answer = alone(|| {
        let dir = project();
        std::env::set_current_dir(&dir).unwrap();
        let relative = Settings::read("fingerpost.toml").unwrap();
        std::env::set_current_dir("/").unwrap();
        let absolute = Settings::read(dir.at("fingerpost.toml")).unwrap();
        assert_eq!(relative.sources[0].dir().file_name(), absolute.sources[0].dir().file_name());
        let assets = Assets::builder().settings(relative).mode(Mode::Dev).build().unwrap();
        assets.url("vendor/htmx.js").unwrap().to_string()
    });
    assert_eq!(answer, format!("/assets/vendor/htmx.js?v={}", hash("node_modules/htmx/dist/htmx.js")));
}

#[test]
fn a_working_directory_that_changes_later_changes_nothing() {
    let answer = alone(|| {
        let UrlOptions { source, output } = UrlOptions::of(&["a.css"]);
        let dir = Dir::new();
        std::fs::rename(&source, dir.at("static")).unwrap();
        std::fs::rename(&output, dir.at("dist")).unwrap();
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
    assert_eq!(answer, format!("/static/a.css?v={h} /static/a.{h}.css"));
}

#[test]
fn the_environment_goes_before_the_files_base_url_and_the_builder_before_both() {
    let base = |variable: &str| {
        alone_with(&[("FINGERPOST_BASE_URL", variable)], || {
            let dir = project();
            let settings = Settings::read(dir.at("fingerpost.toml")).unwrap();
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
fn the_origin_comes_from_the_builder_else_the_environment_else_the_file() {
    let origin = |builder: &str, variable: &str, file: &str| {
        alone_with(&[("FINGERPOST_ORIGIN", variable), ("IT", &format!("{builder} {file}"))], || {
            let it = std::env::var("IT").unwrap();
            let (builder, file) = it.split_once(' ').unwrap();
            let dir = Dir::of(&["a.css"]);
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
    for (answer, place) in [
        (origin("x", variable, file), "`origin`"),
        (origin("", "x", file), "FINGERPOST_ORIGIN"),
        (origin("", "", "x"), "the settings file"),
    ] {
        assert_eq!(answer, format!("InvalidBaseUrl: origin `x` from {place} {advice}"));
    }
}

#[test]
fn the_builder_goes_before_the_file_whichever_is_named_first() {
    let said = alone(|| {
        let (dir, other) = (project(), Dir::of(&["x.css"]));
        let settings = Settings::read(dir.at("fingerpost.toml")).unwrap();
        let set = |builder: fingerpost::AssetsBuilder| {
            let builder = builder.base_url("/b/").origin("https://b.example").app_version("b");
            builder.source(&other).collected(other.at("out")).mode(Mode::Dev)
        };
        let orders = [
            set(Assets::builder().settings(settings.clone())),
            set(Assets::builder()).settings(settings.clone()),
            set(Assets::builder().settings(Settings::default())).settings(settings.clone()),
        ];
        other.write("out/a.css", "collected");
        let answers = orders.map(|builder| {
            let assets = builder.build().unwrap();
            let all: Vec<_> = assets.iter().map(|(path, _)| path).collect();
            let url = assets.absolute_url("x.css").unwrap();
            format!("{} {} {}", url.split('?').next().unwrap(), assets.app_version(), all.join(" "))
        });
        answers.join("\n")
    });
    assert_eq!(said, ["https://b.example/b/x.css b x.css"; 3].join("\n"));
}

#[test]
fn an_unknown_key_is_an_error_with_its_name_and_line() {
    let text = refused("out = \"dist\"\n\nsuorces = [\"static\"]\n").to_string();
    assert!(text.contains("line 3") && text.contains("unknown field `suorces`"), "{text}");
    let text = refused("out = \"dist\"\n[collect]\nx = 1\n").to_string();
    assert!(text.contains("line 2") && text.contains("collect"), "{text}");
}

#[test]
fn a_settings_file_that_makes_no_sense_is_an_error_with_the_line() {
    for toml in [
        "out",
        "\nout = 3",
        "\nout = \"a\"\nout = \"b\"",
        "\nsources = \"static\"",
        "\nsources = [\"../x=y\"]",
        "\ncompress = \"gzip\"",
        "\ncompress = [\"gzip:10\"]",
        "\ncompress_maps = [\"br\", \"br:9\"]",
    ] {
        let text = refused(toml).to_string();
        assert!(text.contains("line "), "{text}");
    }
}

#[test]
fn globs_that_make_no_sense_are_refused_with_the_line() {
    for (toml, glob) in [
        ("\nignore = [\"*.psd\", \"./drafts\"]", "./drafts"),
        ("\nrules.\"[\".missing = \"ignore\"", "["),
        ("\n[rules]\n\"!a.css\".missing = \"ignore\"", "!a.css"),
    ] {
        let text = refused(toml).to_string();
        assert!(text.contains("line 2") && text.contains(&format!("\nglob `{glob}` ")), "{text}");
    }
}

#[test]
fn a_settings_file_that_is_not_there_is_another_error_than_one_that_cannot_be_read() {
    let dir = Dir::of(&["fingerpost.toml/x"]);
    let missing = Assets::from_config(dir.at("other.toml")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::InvalidConfig);
    assert_eq!(
        missing.to_string(),
        format!("settings file `{}` does not exist", dir.at("other.toml").display())
    );
    assert_eq!(Assets::from_config(dir.at("fingerpost.toml")).unwrap_err().kind(), ErrorKind::Unreadable);
    let latin1 = dir.write("latin1.toml", b"origin = \"\xe9\"");
    assert_eq!(Assets::from_config(latin1).unwrap_err().kind(), ErrorKind::Unreadable);
}

#[test]
fn a_glob_that_cannot_be_read_is_an_error_that_shows_it() {
    let settings = crate::support::settings(|settings| settings.ignore = vec!["a[".to_owned()]);
    let err = crate::support::dev(&Dir::new()).settings(settings).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert!(err.to_string().contains("`a[`") || err.to_string().contains("'a['"), "{err}");
}

#[test]
fn a_source_dir_that_is_not_there_is_an_error_with_the_absolute_path() {
    let dir = Dir::of(&["file"]);
    for (path, reason) in [
        ("nowhere", "does not exist; make it, or correct the path"),
        ("file", "is not a directory"),
        ("file/below", "is not a directory"),
    ] {
        let err = Assets::dev(dir.at(path)).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::SourceNotFound);
        assert_eq!(err.to_string(), format!("source dir `{}` {reason}", dir.at(path).display()));
    }
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        Assets::dev("nowhere").unwrap_err().to_string(),
        format!(
            "source dir `{}` does not exist; make it, or correct the path; is the working directory `{}` right?",
            here.join("nowhere").display(),
            here.display()
        )
    );
    let err = Assets::builder().mode(Mode::Dev).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert!(err.to_string().starts_with("no source dir is set"), "{err}");
    let err = Assets::builder().source_at("../x", &dir).mode(Mode::Dev).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidPath);
}

#[test]
fn a_source_dir_inside_the_output_dir_is_an_error() {
    let dir = Dir::of(&["dist/static/a.css", MANIFEST_NAME]);
    for source in ["dist", "dist/static"] {
        let err = Assets::builder()
            .source(dir.at(source))
            .collected(dir.at("dist"))
            .mode(Mode::Dev)
            .build()
            .unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        assert!(err.to_string().ends_with("lies in the output dir; keep them apart"), "{err}");
    }
}

#[test]
fn what_clean_keeps_can_be_said_in_either_way_of_toml() {
    for toml in ["clean.keep = 5\nclean.older_than = \"12h\"", "[clean]\nkeep = 5\nolder_than = \"12h\""] {
        let dir = Dir::with(&[("fingerpost.toml", toml)]);
        let clean = Settings::read(dir.at("fingerpost.toml")).unwrap().clean;
        assert_eq!((clean.keep, clean.older_than), (Some(5), Some(Duration::from_secs(12 * 60 * 60))));
    }
    assert_eq!((Settings::default().clean.keep, Settings::default().clean.older_than), (None, None));
    for (toml, reason) in [
        ("\nclean.keep = -1", "invalid value: integer `-1`"),
        ("\nclean.older_than = \"soon\"", "age `soon` is not understood"),
        ("\nclean.keeps = 1", "unknown field `keeps`"),
    ] {
        let text = refused(toml).to_string();
        assert!(text.contains("line 2") && text.contains(reason), "{text}");
    }
}
