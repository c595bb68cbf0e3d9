//! `GET /version` and `POST /cache/bust` in an axum app.

use std::{env, fs, process::Command};

use adapter_suite::capture_log;
use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use fingerpost::{Assets, BustToken, ErrorKind, Mode};
use fingerpost_tower::{VersionEndpoints, VersionEndpointsLayer};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::site::Site;

const SECRET: &str = "0123456789abcdef";

fn layer(assets: &Assets) -> VersionEndpointsLayer {
    VersionEndpointsLayer::with_secret(assets, SECRET).unwrap()
}

fn bearer() -> String {
    format!("Bearer {}", BustToken::from_secret(SECRET).unwrap().as_str())
}

async fn send_request(app: &Router, request: Request<Body>) -> Response<Bytes> {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

async fn send(app: &Router, method: &str, path: &str, authorization: Option<&str>) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    send_request(app, request.body(Body::empty()).unwrap()).await
}

async fn bust(app: &Router) -> Response<Bytes> {
    send(app, "POST", "/cache/bust", Some(&bearer())).await
}

#[track_caller]
fn assert_response(response: &Response<Bytes>, status: u16, body: &str) {
    assert_eq!((response.status().as_u16(), str::from_utf8(response.body()).unwrap()), (status, body));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
}

fn version_of(assets: &Assets) -> String {
    format!(r#"{{"components":{{}},"source":"manifest","version":"{}"}}"#, assets.app_version())
}

#[tokio::test]
async fn version_endpoint_is_public() {
    let site = Site::new(&[("a.css", b"a")]);
    fs::write(site.source().join("base.html"), "").unwrap();
    let assets = site.collect().builder(Mode::Production).app_version("v1.2");
    let assets = assets.component("templates", [site.source().join("base.html")]).build().unwrap();
    let app = Router::new().layer(layer(&assets));
    let expected = r#"{"components":{"templates":1},"source":"explicit","version":"v1.2"}"#;
    let response = send(&app, "GET", "/version", None).await;
    assert_response(&response, 200, expected);
    assert_eq!(response.headers()["content-length"], expected.len().to_string());
    assert_response(&send(&app, "GET", "/version?x=1", Some("Bearer wrong")).await, 200, expected);

    let head = send(&app, "HEAD", "/version", None).await;
    assert_eq!((head.headers(), head.body().len()), (response.headers(), 0));
    let post = send(&app, "POST", "/version", None).await;
    assert_eq!((post.status().as_u16(), &post.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
}

#[tokio::test]
async fn version_is_unknown_without_a_source() {
    let site = Site::new(&[]);
    let app = Router::new().layer(layer(&site.development()));
    let expected = r#"{"components":{},"source":"unknown","version":"unknown"}"#;
    assert_response(&send(&app, "GET", "/version", None).await, 200, expected);
}

#[tokio::test]
async fn cache_bust_requires_the_bearer_token() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let app = Router::new().layer(layer(&assets));
    let old = assets.app_version();
    site.write("a.css", b"two");
    site.collect();

    let none = send(&app, "POST", "/cache/bust", None).await;
    assert_response(&none, 401, r#"{"reason":"a bearer token is required","status":"error"}"#);
    assert_eq!(none.headers()["www-authenticate"], "Bearer");
    let digits = bearer()["Bearer ".len()..].to_owned();
    for wrong in ["Bearer", "Bearer ", "Bearer 0", &bearer()[..38], &format!("Bearer {SECRET}")] {
        let response = send(&app, "POST", "/cache/bust", Some(wrong)).await;
        let expected = if wrong == "Bearer" { 401 } else { 403 };
        assert_eq!(response.status().as_u16(), expected, "{wrong}");
    }
    for scheme in ["Basic", "Token"] {
        let response = send(&app, "POST", "/cache/bust", Some(&format!("{scheme} {digits}"))).await;
        assert_eq!(response.status().as_u16(), 401, "{scheme}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let response = send(&app, method, "/cache/bust", Some(&bearer())).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"POST".parse().unwrap())
        );
    }
    assert_eq!(assets.app_version(), old);

    let response = bust(&app).await;
    assert_response(&response, 200, &format!(r#"{{"status":"ok","version":"{}"}}"#, assets.app_version()));
    assert_ne!(assets.app_version(), old);
}

#[tokio::test]
async fn broken_manifest_is_reported_and_changes_nothing() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let app = Router::new().layer(layer(&assets));
    let (manifest, url) = (site.dist().join("staticfiles.json"), assets.url("a.css").unwrap());
    let good = fs::read(&manifest).unwrap();
    for broken in [&b"{"[..], &good[..good.len() / 2], b"", b"[]"] {
        fs::write(&manifest, broken).unwrap();
        let response = bust(&app).await;
        assert_eq!(response.status().as_u16(), 500);
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(error["status"], "error");
        assert!(error["reason"].as_str().unwrap().contains("staticfiles.json"), "{error}");
    }
    fs::remove_file(&manifest).unwrap();
    assert_eq!(bust(&app).await.status().as_u16(), 500);
    assert_eq!(assets.url("a.css").unwrap(), url);
    assert_response(&send(&app, "GET", "/version", None).await, 200, &version_of(&assets));

    fs::write(&manifest, good).unwrap();
    assert_eq!(bust(&app).await.status().as_u16(), 200);
}

#[tokio::test]
async fn cache_bust_rereads_components_and_clears_the_development_cache() {
    let site = Site::new(&[("a.css", b"one")]);
    let template = site.dist().with_file_name("base.html");
    fs::write(&template, "one").unwrap();
    let assets = site.builder(Mode::Dev).component("templates", [&template]).build().unwrap();
    let app = Router::new().layer(layer(&assets));
    let (before, url) = (assets.snapshot(), assets.url("a.css").unwrap());
    fs::write(&template, "two").unwrap();
    assert_eq!(assets.app_version(), before.app_version());
    assert_eq!(bust(&app).await.status().as_u16(), 200);
    assert_ne!(assets.app_version(), before.app_version());
    // A new release starts with an empty cache.
    assert!(!assets.snapshot().is_same_release(&before));
    assert_eq!(assets.url("a.css").unwrap(), url);
    fs::remove_file(&template).unwrap();
    assert_eq!(bust(&app).await.status().as_u16(), 500);
}

#[tokio::test]
async fn version_endpoint_uses_the_snapshot_of_an_outer_layer() {
    let site = Site::new(&[("a.css", b"one")]);
    let assets = site.collect().production();
    let app = Router::new().layer(layer(&assets));
    let (old, expected) = (assets.snapshot(), version_of(&assets));
    site.write("a.css", b"two");
    site.collect();
    assert_eq!(bust(&app).await.status().as_u16(), 200);
    let request = Request::get("/version").extension(old).body(Body::empty()).unwrap();
    assert_response(&send_request(&app, request).await, 200, &expected);
    assert_response(&send(&app, "GET", "/version", None).await, 200, &version_of(&assets));
}

#[tokio::test]
async fn layer_adds_the_endpoints_to_apps_with_any_routes() {
    let site = Site::new(&[]);
    let assets = site.development();
    let page = || get(async || "page");
    let shop = || Router::new().route("/", page());
    for (name, app) in [
        ("no routes", Router::new()),
        ("other routes", Router::new().route("/", page())),
        ("routes with the same paths", Router::new().route("/version", page()).route("/cache/bust", page())),
        ("a wildcard", Router::new().route("/{*rest}", page())),
        ("a wildcard for each path", Router::new().route("/{x}", page()).route("/cache/{x}", page())),
        ("a fallback", Router::new().fallback(async || "page")),
        ("a nested router", Router::new().nest("/shop", shop())),
        ("a merged router", Router::new().merge(shop())),
    ] {
        let app = app.layer(layer(&assets));
        let version = send(&app, "GET", "/version", None).await;
        assert!(version.body().starts_with(br#"{"components""#), "{name}");
        assert!(bust(&app).await.body().starts_with(br#"{"status":"ok""#), "{name}");
        let other = send(&app, "GET", "/other/path", None).await;
        let expected = if ["a wildcard", "a fallback"].contains(&name) { 200 } else { 404 };
        assert_eq!(other.status().as_u16(), expected, "{name}");
    }
}

/// The documentation warns about a layer inside `nest`, and recommends a layer around `nest`.
#[tokio::test]
async fn endpoint_paths_below_a_prefix_are_set_on_the_outermost_layer() {
    let site = Site::new(&[]);
    let assets = site.development();
    let shop = Router::new().route("/", get(async || "page"));
    let inside = Router::new().nest("/shop", shop.clone().layer(layer(&assets)));
    assert_eq!(send(&inside, "GET", "/shop/version", None).await.status().as_u16(), 404);

    let token = BustToken::from_secret(SECRET).unwrap();
    let endpoints = VersionEndpoints::new(&assets, Some(token)).paths("/shop/version", "/shop/cache/bust");
    let outside = Router::new().nest("/shop", shop).layer(VersionEndpointsLayer::from(endpoints));
    assert_eq!(send(&outside, "GET", "/shop/version", None).await.status().as_u16(), 200);
    assert_eq!(send(&outside, "POST", "/shop/cache/bust", Some(&bearer())).await.status().as_u16(), 200);
    assert_eq!(send(&outside, "GET", "/version", None).await.status().as_u16(), 404);
}

#[tokio::test]
async fn without_bust_disables_the_cache_bust_endpoint() {
    let site = Site::new(&[]);
    let app = Router::new().layer(VersionEndpointsLayer::without_bust(&site.development()));
    assert_eq!(send(&app, "GET", "/version", None).await.status().as_u16(), 200);
    assert_eq!(bust(&app).await.status().as_u16(), 404);
}

#[test]
fn short_secret_is_rejected_at_startup() {
    let site = Site::new(&[]);
    let err = VersionEndpointsLayer::with_secret(&site.development(), "0123456789abcde").unwrap_err();
    assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    assert_eq!(
        err.to_string(),
        "the secret has 15 bytes, and the bust token needs at least 16; `openssl rand -hex 32` generates a secret"
    );
}

const EXPECTED: &str = "FINGERPOST_IT_EXPECTED";

/// Runs a test of this program in a child process, with `FINGERPOST_SECRET` set to `secret`.
#[track_caller]
fn run_in_child(test: &str, secret: Option<&str>, expected: &str) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact"]).env(EXPECTED, expected).env_remove("FINGERPOST_SECRET");
    command.envs(secret.map(|secret| ("FINGERPOST_SECRET", secret)));
    let output = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{secret:?}: {stdout}");
}

const TOO_SHORT: &str = "FINGERPOST_SECRET has 5 bytes, and the bust token needs at least 16; `openssl rand -hex 32` generates a secret";

#[test]
fn secret_is_read_from_the_environment() {
    const TEST: &str = "version_endpoints::secret_is_read_from_the_environment";
    if let Ok(expected) = env::var(EXPECTED) {
        let site = Site::new(&[]);
        let built = VersionEndpointsLayer::new(&site.collect().production()).map_err(|err| err.to_string());
        assert_eq!(built.err().unwrap_or_default(), expected);
        return;
    }
    let missing = "there is no secret for the bust token; set FINGERPOST_SECRET to at least 16 bytes";
    for (secret, expected) in
        [(None, missing), (Some(""), missing), (Some("short"), TOO_SHORT), (Some(SECRET), "")]
    {
        run_in_child(TEST, secret, expected);
    }
}

#[tokio::test]
async fn development_without_a_secret_has_only_the_version_endpoint() {
    const TEST: &str = "version_endpoints::development_without_a_secret_has_only_the_version_endpoint";
    if env::var_os(EXPECTED).is_some() {
        let site = Site::new(&[]);
        let mut app = Router::new();
        let messages =
            capture_log(|| app = app.clone().layer(VersionEndpointsLayer::new(&site.development()).unwrap()));
        assert_eq!(
            messages,
            [
                "FINGERPOST_SECRET is not set, so there is no `POST /cache/bust` in development; set the variable, or choose \
              `without_bust`"
            ]
        );
        assert_eq!(send(&app, "GET", "/version", None).await.status().as_u16(), 200);
        assert_eq!(bust(&app).await.status().as_u16(), 404);
        return;
    }
    for secret in [None, Some("")] {
        run_in_child(TEST, secret, "");
    }
}

#[tokio::test]
async fn development_with_a_secret_has_both_endpoints() {
    const TEST: &str = "version_endpoints::development_with_a_secret_has_both_endpoints";
    if let Ok(expected) = env::var(EXPECTED) {
        let site = Site::new(&[]);
        match VersionEndpointsLayer::new(&site.development()) {
            Ok(layer) => assert_eq!(bust(&Router::new().layer(layer)).await.status().as_u16(), 200),
            Err(err) => assert_eq!(err.to_string(), expected),
        }
        return;
    }
    for (secret, expected) in [("short", TOO_SHORT), (SECRET, "")] {
        run_in_child(TEST, Some(secret), expected);
    }
}
