//! Precedence of the settings for app version and mode.

use fingerpost::{AppVersion, Assets, ErrorKind, Mode};

use crate::support::{
    Dir, Memory, dev, in_child_with, in_command, production, publish, settings, this_program,
};

/// Creates a store whose only file is a Django manifest with this hash.
fn manifest_with(hash: &str) -> Memory {
    let store = Memory::default();
    let json = serde_json::json!({"version": "1.1", "hash": hash, "paths": {}});
    store.write(fingerpost::manifest::MANIFEST_NAME, json.to_string());
    store
}

fn version_or_error(assets: Result<Assets, fingerpost::Error>) -> String {
    assets.map_or_else(
        |err| format!("{:?}: {err}", err.kind()),
        |assets| format!("{} from {}", assets.app_version(), assets.app_version().source()),
    )
}

#[test]
fn version_comes_from_builder_then_environment_then_settings_file() {
    let version = |builder: &str, variable: &str, file: &str| {
        in_child_with(&[("FINGERPOST_APP_VERSION", variable), ("IT", &format!("{builder} {file}"))], || {
            let values = std::env::var("IT").unwrap();
            let (builder, file) = values.split_once(' ').unwrap();
            let settings = settings(|settings| settings.version.app = Some(file.to_owned()));
            version_or_error(
                production(&Dir::new())
                    .store(manifest_with("abc"))
                    .settings(settings)
                    .app_version(builder)
                    .build(),
            )
        })
    };
    assert_eq!(version("builder", "variable", "file"), "builder from explicit");
    assert_eq!(version("", "variable", "file"), "variable from explicit");
    assert_eq!(version("", "", "file"), "file from explicit");
    assert_eq!(version("", "", ""), "abc from manifest");
    let rule = "may contain only letters, digits and `. _ ~ + -`";
    assert_eq!(
        version("", "a b", "file"),
        format!("InvalidVersion: app version `a b` from FINGERPOST_APP_VERSION {rule}")
    );
    assert_eq!(
        version("", "", "</script>"),
        format!("InvalidVersion: app version `</script>` from the settings file {rule}")
    );
    assert_eq!(
        version("é", "variable", "file"),
        format!("InvalidVersion: app version `é` from `app_version` {rule}")
    );
}

#[test]
fn default_version_is_the_manifest_hash_or_unknown() {
    let version = |hash: &str| {
        in_child_with(&[("IT", hash)], || {
            let hash = std::env::var("IT").unwrap();
            version_or_error(match &*hash {
                "development" => dev(&Dir::new()).build(),
                hash => production(&Dir::new()).store(manifest_with(hash)).build(),
            })
        })
    };
    assert_eq!(version("5940499ec5f6"), "5940499ec5f6 from manifest");
    assert_eq!(version(""), "unknown from unknown");
    assert_eq!(version("development"), "unknown from unknown");
    assert_eq!(
        version("a b"),
        "InvalidVersion: app version `a b` from the manifest in `memory` may contain only letters, digits and `. _ ~ + -`"
    );
}

#[test]
fn version_must_have_1_to_128_safe_characters() {
    let dir = Dir::new();
    for good in ["1", "v1.2.3+build.7", "2026-11-21_a~b", &"x".repeat(128)] {
        assert_eq!(&*dev(&dir).app_version(good).build().unwrap().app_version(), good);
    }
    let assert_rejected = |bad: &str, reason| {
        let err = dev(&dir).app_version(bad).build().unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidVersion, "{bad:?}");
        let text = err.to_string();
        assert!(text.ends_with(&format!(" from `app_version` {reason}")), "{text}");
        assert!(!text.contains(char::is_control), "{text}");
    };
    let others = ["a b", "a/b", "\"", "<", "a\r\nX-Evil: 1", "a&b", "a%41", "a,b", "\0", "1.0\n", "１.０"];
    for bad in others.into_iter().chain([" ", "é", &"é".repeat(129)]) {
        assert_rejected(bad, "may contain only letters, digits and `. _ ~ + -`");
    }
    assert_rejected(&"x".repeat(129), "must have 1 to 128 characters");
}

#[test]
fn only_safe_ascii_characters_are_allowed_in_a_version() {
    for c in '\0'..='\x7f' {
        let allowed = c.is_ascii_alphanumeric() || "._~+-".contains(c);
        assert_eq!(AppVersion::explicit(&c.to_string()).is_ok(), allowed, "{c:?}");
    }
    assert_eq!(
        AppVersion::explicit("").unwrap_err().to_string(),
        "app version `` from the caller must have 1 to 128 characters"
    );
}

#[cfg(unix)]
#[test]
fn version_variable_that_is_not_utf_8_is_rejected() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let mut process = this_program();
    process.env("FINGERPOST_APP_VERSION", OsStr::from_bytes(b"v1\xff"));
    assert_eq!(
        in_command(process, || version_or_error(dev(&Dir::new()).build())),
        "InvalidVersion: app version `v1\u{fffd}` from FINGERPOST_APP_VERSION may contain only letters, digits and `. _ ~ + -`"
    );
}

#[test]
fn reload_preserves_an_explicit_version_and_updates_a_manifest_version() {
    let versions = in_child_with(&[], || {
        let store = manifest_with("one");
        let explicit = production(&Dir::new()).store(store.clone()).app_version("v1").build().unwrap();
        let from_manifest = production(&Dir::new()).store(store.clone()).build().unwrap();
        let now = || format!("{} {}", explicit.app_version(), from_manifest.app_version());
        let after = |hash: &str| {
            let json = serde_json::json!({"version": "1.1", "hash": hash, "paths": {}});
            store.write(fingerpost::manifest::MANIFEST_NAME, json.to_string());
            let reloads = [explicit.reload(), from_manifest.reload()];
            format!("{} {:?}", now(), reloads.map(|reload| reload.is_ok()))
        };
        [now(), after("two"), after("t w o"), after("")].join("\n")
    });
    assert_eq!(versions, "v1 one\nv1 two [true, true]\nv1 two [true, false]\nv1 unknown [true, true]");
}

#[test]
fn mode_comes_from_fingerpost_mode_or_else_the_build_profile() {
    let mode = |value: Option<&str>| {
        let variables: Vec<_> = value.map(|value| ("FINGERPOST_MODE", value)).into_iter().collect();
        in_child_with(&variables, || {
            let (source, output) = (Dir::with_paths(&["a.css"]), publish(&[("a.css", "a.css")], "/static/"));
            let assets = || Assets::builder().source(&source).collected(&output);
            let text = |assets: Result<Assets, fingerpost::Error>| {
                assets.map_or_else(|err| err.to_string(), |assets| format!("{:?}", assets.mode()))
            };
            let (by_default, auto) = (text(assets().build()), text(assets().mode(Mode::Auto).build()));
            assert_eq!(by_default, auto);
            // The variable does not override the mode of the builder.
            assert_eq!(text(assets().mode(Mode::Production).build()), "Production");
            auto
        })
    };
    let by_profile = if cfg!(debug_assertions) { "Dev" } else { "Production" };
    assert_eq!(mode(None), by_profile);
    assert_eq!(mode(Some("")), by_profile);
    assert_eq!(mode(Some("dev")), "Dev");
    assert_eq!(mode(Some("production")), "Production");
    for other in ["prod", "Dev", "development", " dev", "1"] {
        assert_eq!(
            mode(Some(other)),
            format!(
                "FINGERPOST_MODE is `{other}`; set it to `dev` or `production`, or unset it to follow the build profile"
            )
        );
    }
}
