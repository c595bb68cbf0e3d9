use std::fs;

use fingerpost::{AppVersion, Assets, ErrorKind, Mode};
use fingerpost_tower::VersionLayer;
use tower::Layer;

use super::{PAGE, always, development, page, production, request, send};

/// Versions that could break a header, an attribute or JSON.
fn hostile_versions() -> Vec<String> {
    let mut versions: Vec<String> = [
        "\"",
        "v1\"",
        "'",
        "v1'><script>alert(1)</script>",
        "</script>",
        "v1\r\nX-Evil: 1",
        "v1\n",
        "\r",
        "\0",
        "v1\u{7f}",
        "vé",
        "версия",
        "\u{1f680}",
        "v 1",
        " ",
        "v1&quot;",
        "a\\u0022",
        "<",
        "`${1}`",
    ]
    .map(str::to_owned)
    .into();
    versions.push("v".repeat(10 * 1024));
    versions.push("v".repeat(129));
    versions
}

#[test]
fn app_version_with_invalid_characters_is_rejected_at_build() {
    let dir = tempfile::tempdir().unwrap();
    for version in hostile_versions() {
        let err = AppVersion::explicit(&version).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidVersion, "{version}");
        let builder = Assets::builder().source(dir.path()).mode(Mode::Dev).app_version(&version);
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::InvalidVersion, "{version}");
    }
}

#[tokio::test]
async fn manifest_with_an_invalid_version_is_rejected_and_changes_nothing() {
    let (dir, assets) = production();
    let layer = VersionLayer::new(&assets);
    for version in hostile_versions() {
        let hash: String = version.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let manifest = format!(r#"{{"version": "1.1", "paths": {{}}, "hash": "{hash}"}}"#);
        fs::write(dir.path().join("staticfiles.json"), &manifest).unwrap();
        assert!(assets.reload().is_err(), "{version}");
        assert!(Assets::production(dir.path()).is_err(), "{version}");
        let response = send(layer.layer(always(page())), request("/", &[])).await;
        assert_eq!((response.version_and_action().0, response.attribute("data-version")), ("v1", Some("v1")));
    }
}

#[tokio::test]
async fn valid_versions_appear_unchanged() {
    for version in ["v1", "1.2.3+build.7", "~_-.+", "A", "unknown", &"v".repeat(128)] {
        let layer = VersionLayer::new(&development(version));
        let response = send(layer.layer(always(page())), request("/", &[])).await;
        assert_eq!(
            (response.version_and_action().0, response.attribute("data-version")),
            (version, Some(version))
        );
        assert_eq!(response.text().replace(response.tag().unwrap(), ""), PAGE);
        let json = send(layer.layer(always(page())), request("/_fingerpost/version", &[])).await;
        assert!(json.text().ends_with(&format!(r#""version":"{version}"}}"#)), "{}", json.text());
    }
}

#[tokio::test]
async fn requested_version_is_never_echoed() {
    let layer = super::layer();
    for requested in ["\"><script>", "é", &"v".repeat(10 * 1024)] {
        for path in ["/", "/_fingerpost/version", "/_fingerpost/client.0123456789ab.js"] {
            let headers =
                [("x-app-requested-version", requested), ("cookie", &format!("app_version={requested}"))];
            let response = send(layer.layer(always(page())), request(path, &headers)).await;
            assert_eq!((response.status.as_u16(), response.version_and_action()), (200, ("v1", "reload")));
            assert!(!response.text().contains(requested), "{path}");
        }
    }
}
