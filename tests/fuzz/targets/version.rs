//! Checks that a request is only routed to the version in its header or cookie, and that no response contains bytes of a client.
#![no_main]

use std::sync::LazyLock;

use fingerpost::{Assets, BustToken, Mode, manifest::MANIFEST_NAME};
use fingerpost_http::{VersionEndpoints, VersionMiddleware, VersionRouter};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, COOKIE, SET_COOKIE},
    request::Parts,
};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    is_get: bool,
    is_bust: bool,
    headers: Vec<(Name, &'a [u8])>,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Name {
    Version,
    Cookie,
    Accept,
    Authorization,
    Inertia,
}

const VERSION: HeaderName = HeaderName::from_static("x-app-requested-version");
const SECRET: &str = "correct horse battery staple";

struct Site {
    assets: Assets,
    router: VersionRouter,
    middleware: VersionMiddleware,
    endpoints: VersionEndpoints,
    token: BustToken,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let out = tempfile::tempdir().expect("a temporary directory").keep();
    std::fs::write(out.join(MANIFEST_NAME), r#"{"version": "1.1", "paths": {}}"#)
        .expect("a writable directory");
    let assets =
        Assets::builder().collected(&out).mode(Mode::Production).app_version("v1").build().expect("assets");
    let router = VersionRouter::new([("v1", "blue"), ("v2", "green")]).expect("a valid map");
    let token = BustToken::from_secret(SECRET).expect("a long secret");
    Site {
        router: router.default_version("v2").expect("a version in the map"),
        middleware: VersionMiddleware::new(&assets),
        endpoints: VersionEndpoints::new(&assets, Some(token.clone())),
        assets,
        token,
    }
});

fn header(name: Name) -> HeaderName {
    match name {
        Name::Version => VERSION,
        Name::Cookie => COOKIE,
        Name::Accept => ACCEPT,
        Name::Authorization => AUTHORIZATION,
        Name::Inertia => HeaderName::from_static("x-inertia"),
    }
}

fn request(input: &Input<'_>, path: &str) -> Parts {
    let method = if input.is_get { Method::GET } else { Method::POST };
    let mut request = Request::builder().method(method).uri(path).body(()).expect("a valid request");
    for (name, value) in &input.headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(header(*name), value);
        }
    }
    request.into_parts().0
}

/// Returns `true` if a header contains these bytes.
fn has(headers: &HeaderMap, name: &HeaderName, text: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .any(|value| value.as_bytes().windows(text.len()).any(|part| part == text.as_bytes()))
}

fuzz_target!(|input: Input<'_>| {
    let site = &*SITE;
    let parts = request(&input, "/");
    match site.router.route(&parts) {
        Ok(routing) => {
            let route = routing.version_and_target().expect("the default version");
            assert!([("v1", "blue"), ("v2", "green")].contains(&route), "{route:?}");
            let is_requested =
                has(&parts.headers, &VERSION, route.0) || has(&parts.headers, &COOKIE, route.0);
            assert!(route.0 == "v2" || is_requested, "{route:?}");
            let mut response = HeaderMap::new();
            routing.finish(&mut response);
            assert_eq!(response["x-app-served-version"], route.0);
            for cookie in response.get_all(SET_COOKIE) {
                assert!(
                    cookie.to_str().is_ok_and(|cookie| cookie.starts_with("app_version=;")),
                    "{cookie:?}"
                );
                assert!(parts.headers.contains_key(COOKIE) && parts.method == Method::GET);
            }
        }
        Err(refusal) => {
            assert_eq!(refusal.status(), StatusCode::CONFLICT);
            assert!(parts.headers.contains_key(VERSION));
            let expected = r#"{"reason":"this version is not served any more; reload the page","status":"error","versions":["v1","v2"]}"#;
            assert_eq!(&refusal.body()[..], expected.as_bytes());
        }
    }

    let mut begun = parts;
    let exchange = site.middleware.begin(&site.assets.snapshot(), &mut begun);
    let mut response =
        Response::builder().header("content-type", "text/html").body(()).expect("a response").into_parts().0;
    exchange.finish(&mut response);
    assert_eq!(response.headers["x-app-version"], "v1");

    let parts = request(&input, if input.is_bust { "/cache/bust" } else { "/version" });
    let response = site.endpoints.respond_blocking(&parts);
    if input.is_bust && response.status() == StatusCode::OK {
        assert!(!input.is_get && has(&parts.headers, &AUTHORIZATION, site.token.as_str()));
    } else if !input.is_bust {
        assert_eq!(response.status().is_success(), input.is_get);
    }
});
