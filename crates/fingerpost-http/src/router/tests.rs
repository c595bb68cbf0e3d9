use bytes::Bytes;
use fingerpost::ErrorKind;
use http::{HeaderMap, HeaderValue, Request, Response};
use proptest::prelude::*;

use super::version_router::VersionRouter;

const VERSIONS: [(&str, &str); 2] = [("v2", "green"), ("v1", "blue")];
const REFUSAL: &str = concat!(
    r#"{"reason":"this version is not served any more; reload the page","status":"error","#,
    r#""versions":["v1","v2"]}"#
);
const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const EXPIRY: &str = "app_version=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

fn without_default() -> VersionRouter {
    VersionRouter::new(VERSIONS).unwrap()
}

fn router() -> VersionRouter {
    without_default().default_version("v2").unwrap()
}

/// Routes a request with these headers, and completes a response with the headers `response_headers`.
fn route_and_finish(
    router: &VersionRouter,
    method: &str,
    headers: &[(&str, &[u8])],
    response_headers: &[(&'static str, &'static str)],
) -> Result<HeaderMap, Box<Response<Bytes>>> {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let (request, ()) = request.body(()).unwrap().into_parts();
    let routing = router.route(&request)?;
    let mut response = HeaderMap::new();
    for (name, value) in response_headers {
        response.append(*name, HeaderValue::from_static(value));
    }
    routing.finish(&mut response);
    Ok(response)
}

/// Routes a GET request. Returns the served version and its target, with `-` for a missing header, and reports an expired
/// cookie. For a refused request, returns the status.
fn outcome(router: &VersionRouter, headers: &[(&str, &[u8])]) -> String {
    match route_and_finish(router, "GET", headers, &[]) {
        Ok(response) => {
            let text =
                |name: &str| response.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
            let expired = if response.contains_key("set-cookie") { ", expired" } else { "" };
            format!("{} {}{expired}", text("x-app-served-version"), text("x-backend-target"))
        }
        Err(refusal) => refusal.status().as_u16().to_string(),
    }
}

#[track_caller]
fn assert_route(headers: &[(&str, &str)], expected: &str) {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    assert_eq!(outcome(&router(), &headers), expected, "{headers:?}");
}

#[test]
fn header_overrides_cookie_and_cookie_overrides_default() {
    const HEADER: &str = "x-app-requested-version";
    assert_route(&[], "v2 green");
    assert_route(&[(HEADER, "v1")], "v1 blue");
    assert_route(&[(HEADER, " v1 ")], "v1 blue");
    assert_route(&[("cookie", "app_version=v1")], "v1 blue");
    assert_route(&[(HEADER, "v2"), ("cookie", "app_version=v1")], "v2 green");
    assert_route(&[(HEADER, "v2"), ("cookie", "app_version=v0")], "v2 green");
    assert_route(&[(HEADER, "v0"), ("cookie", "app_version=v1")], "409");
    assert_route(&[(HEADER, "V1")], "409");
    // Empty values are ignored.
    assert_route(&[(HEADER, "")], "v2 green");
    assert_route(&[(HEADER, ""), ("cookie", "app_version=v1")], "v1 blue");
    assert_route(&[("cookie", "app_version=")], "v2 green");
    assert_route(&[("cookie", "app_version=\"\"")], "v2 green");
    // Several headers.
    assert_route(&[(HEADER, "v1"), (HEADER, "v1")], "v1 blue");
    assert_route(&[(HEADER, "v1"), (HEADER, "v2")], "409");
    assert_route(&[(HEADER, "v1, v1")], "409");
}

#[test]
fn cookies_are_parsed_leniently() {
    for (cookie, expected) in [
        ("app_version=v1", "v1 blue"),
        ("a=b; app_version=v1; c=d", "v1 blue"),
        ("a=b;app_version=v1;c=d", "v1 blue"),
        (" app_version = v1 ", "v1 blue"),
        ("app_version=\"v1\"", "v1 blue"),
        ("app_version=v1; app_version=v2", "v1 blue"),
        ("app_version=v2; app_version=v0", "v2 green"),
        ("; ;=;==; app_version=v1", "v1 blue"),
        ("app_version", "v2 green"),
        ("App_Version=v1", "v2 green"),
        ("xapp_version=v1; app_version2=v1", "v2 green"),
        ("a=app_version=v1", "v2 green"),
        ("app_version=v1=", "v2 green"),
        ("app_version=\"v1", "v2 green"),
        ("app_version=v1 v1", "v2 green"),
        ("app_version=%76%31", "v2 green"),
    ] {
        assert_route(&[("cookie", cookie)], expected);
    }
    assert_route(&[("cookie", "a=b"), ("cookie", "app_version=v1")], "v1 blue");
}

#[test]
fn cookie_of_a_sibling_host_does_not_override_a_known_version() {
    for (cookie, expected) in [
        ("app_version=v0; app_version=v1", "v1 blue"),
        ("app_version=v1; app_version=v0", "v1 blue"),
        ("app_version=; app_version=\"\"; app_version=v0; app_version=v1; app_version=v2", "v1 blue"),
        ("app_version=v0; app_version=v-1", "v2 green, expired"),
    ] {
        assert_route(&[("cookie", cookie), PAGE], expected);
    }
    assert_route(&[("cookie", "app_version=v0"), ("cookie", "app_version=v1"), PAGE], "v1 blue");
}

#[test]
fn unknown_cookie_is_expired_only_on_a_page_load() {
    let cookie = ("cookie", "app_version=v0");
    for (accept, expected) in [
        (PAGE.1, "v2 green, expired"),
        ("TEXT/HTML", "v2 green, expired"),
        ("application/json, text/html;q=0.5", "v2 green, expired"),
        ("*/*", "v2 green"),
        ("text/*", "v2 green"),
        ("text/htmlx", "v2 green"),
        ("", "v2 green"),
    ] {
        assert_route(&[cookie, ("accept", accept)], expected);
    }
    assert_route(&[cookie], "v2 green");
    assert_route(&[cookie, PAGE, ("x-app-requested-version", "v0")], "409");
    assert_route(&[PAGE], "v2 green");
    assert_route(&[("cookie", "app_version=v1"), PAGE], "v1 blue");
    let request = [("cookie", &b"app_version=v0"[..]), (PAGE.0, PAGE.1.as_bytes())];
    assert_eq!(outcome(&without_default(), &request), "- -, expired");
    assert!(route_and_finish(&router(), "HEAD", &request, &[]).unwrap().contains_key("set-cookie"));
    for method in ["POST", "PUT", "DELETE"] {
        let response = route_and_finish(&router(), method, &request, &[]).unwrap();
        assert_eq!(
            (&response["x-backend-target"], response.get("set-cookie")),
            (&"green".parse().unwrap(), None),
            "{method}"
        );
    }
}

#[test]
fn request_of_inertia_is_never_refused() {
    let inertia = ("x-inertia", "true");
    assert_route(&[("x-app-requested-version", "v0"), inertia], "v2 green");
    assert_route(&[("x-app-requested-version", "v1"), inertia], "v1 blue");
    assert_route(&[("x-app-requested-version", "v0")], "409");
    let request = [("x-app-requested-version", &b"v0"[..]), ("x-inertia", b"true")];
    assert_eq!(outcome(&without_default(), &request), "- -");
}

#[test]
fn request_without_a_version_is_not_routed_if_there_is_no_default() {
    assert_eq!(outcome(&without_default(), &[]), "- -");
    assert_eq!(outcome(&without_default(), &[("cookie", b"app_version=v1")]), "v1 blue");
    assert_eq!(outcome(&without_default(), &[("x-app-requested-version", b"v0")]), "409");
}

#[test]
fn empty_map_passes_all_responses_unchanged() {
    let router = VersionRouter::new([("", ""); 0]).unwrap();
    for headers in [&[][..], &[("x-app-requested-version", &b"v1"[..])], &[("cookie", b"app_version=v1")]] {
        let response_headers = [("cache-control", "public, max-age=60")];
        let response = route_and_finish(&router, "GET", headers, &response_headers).unwrap();
        assert_eq!((response.len(), &response["cache-control"]), (1, &"public, max-age=60".parse().unwrap()));
    }
}

#[test]
fn conflict_response_lists_the_known_versions_in_order() {
    for method in ["GET", "POST", "HEAD"] {
        let evil = b"<script>\"\\\xff\xc3\xa9";
        let refusal =
            route_and_finish(&router(), method, &[("x-app-requested-version", evil)], &[]).unwrap_err();
        assert_eq!(refusal.status(), 409);
        assert_eq!(refusal.headers()["cache-control"], "no-store");
        assert_eq!(refusal.headers()["content-type"], "application/json");
        assert_eq!(refusal.headers()["content-length"], REFUSAL.len().to_string());
        assert_eq!(refusal.headers()["x-content-type-options"], "nosniff");
        assert_eq!(refusal.headers()["x-app-version-refused"], "unknown");
        assert_eq!(refusal.headers().len(), 5);
        assert_eq!(*refusal.body(), if method == "HEAD" { "" } else { REFUSAL });
    }
}

#[test]
fn hostile_version_headers_are_refused_and_hostile_cookies_ignored() {
    let long = "v".repeat(10 * 1024);
    let many: String = (0..1000).map(|number| format!("cookie{number}=v1; ")).collect();
    assert_eq!(outcome(&router(), &[("x-app-requested-version", long.as_bytes())]), "409");
    assert_eq!(outcome(&router(), &[("cookie", format!("app_version={long}").as_bytes())]), "v2 green");
    assert_eq!(outcome(&router(), &[("cookie", many.as_bytes())]), "v2 green");
    assert_eq!(outcome(&router(), &[("cookie", format!("{many}app_version=v1").as_bytes())]), "v1 blue");
    for version in [&b"v1\xff"[..], b"\xe2\x8a\x97", b"v1\"", b"\"v1\"", b"v1\tv2", b"../v1", b"v1;v2"] {
        assert_eq!(outcome(&router(), &[("x-app-requested-version", version)]), "409", "{version:?}");
    }
    // `http` rejects CR and LF.
    assert!(HeaderValue::from_bytes(b"v1\r\nx-evil: 1").is_err());
}

#[test]
fn vary_header_contains_the_version_header_and_the_cookie() {
    let finished = |headers: &[(&str, &[u8])], response_headers: &[(&'static str, &'static str)]| {
        route_and_finish(&router(), "GET", headers, response_headers).unwrap()
    };
    let vary = |headers: &HeaderMap| {
        headers.get_all("vary").iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ours = "x-app-requested-version, cookie";
    assert_eq!(vary(&finished(&[], &[])), [ours]);
    assert_eq!(vary(&finished(&[], &[("vary", "accept-encoding")])), ["accept-encoding", ours]);
    assert_eq!(vary(&finished(&[], &[("vary", "*")])), ["*"]);
    let immutable = ("cache-control", "public, max-age=31536000, Immutable");
    let response = finished(&[("cookie", b"app_version=v1")], &[immutable]);
    assert_eq!((vary(&response).len(), &response["x-backend-target"]), (0, &"blue".parse().unwrap()));

    let old = [("cookie", &b"app_version=v0"[..]), (PAGE.0, PAGE.1.as_bytes())];
    let public = [
        ("cache-control", "public, max-age=60"),
        ("expires", "Sat, 01 Jan 2050 00:00:00 GMT"),
        ("cdn-cache-control", "max-age=60"),
        ("acme-cdn-cache-control", "max-age=60"),
        ("surrogate-control", "max-age=60"),
        ("x-accel-expires", "60"),
        ("set-cookie", "session=1"),
    ];
    let response = finished(&old, &public);
    assert_eq!(response.get_all("cache-control").iter().collect::<Vec<_>>(), ["no-store"]);
    assert_eq!(response.get_all("set-cookie").iter().collect::<Vec<_>>(), ["session=1", EXPIRY]);
    for (name, _) in &public[1..6] {
        assert!(!response.contains_key(*name), "{name}");
    }
}

#[test]
fn cookie_set_by_the_application_is_not_expired() {
    let old = [("cookie", &b"app_version=v0"[..]), (PAGE.0, PAGE.1.as_bytes())];
    let set = [("set-cookie", "app_version=v2; Path=/"), ("cache-control", "private")];
    let response = route_and_finish(&router(), "GET", &old, &set).unwrap();
    assert_eq!(response.get_all("set-cookie").iter().collect::<Vec<_>>(), ["app_version=v2; Path=/"]);
    assert_eq!(response["cache-control"], "private");
}

#[test]
fn router_headers_replace_headers_of_the_application() {
    let response_headers = [("x-backend-target", "mine"), ("x-app-served-version", "mine")];
    let response = route_and_finish(&router(), "GET", &[], &response_headers).unwrap();
    assert_eq!(response.get_all("x-backend-target").iter().collect::<Vec<_>>(), ["green"]);
    assert_eq!(response.get_all("x-app-served-version").iter().collect::<Vec<_>>(), ["v2"]);
}

#[test]
fn header_names_and_cookie_attributes_are_configurable() {
    let router = router()
        .version_header("X-Wanted")
        .and_then(|router| router.target_header("X-Route-To"))
        .and_then(|router| router.served_header("X-Served"))
        .and_then(|router| router.cookie_name("ver"))
        .and_then(|router| router.cookie_path("/shop"))
        .and_then(|router| router.cookie_domain("example.com"))
        .unwrap();
    let requested =
        [("x-wanted", &b"v1"[..]), ("x-app-requested-version", b"v0"), ("cookie", b"app_version=v0")];
    let response = route_and_finish(&router, "GET", &requested, &[]).unwrap();
    assert_eq!(
        (&response["x-route-to"], &response["x-served"]),
        (&"blue".parse().unwrap(), &"v1".parse().unwrap())
    );
    assert_eq!(response["vary"], "x-wanted, cookie");
    let old = [("cookie", &b"ver=v0"[..]), (PAGE.0, PAGE.1.as_bytes())];
    assert_eq!(
        route_and_finish(&router, "GET", &old, &[]).unwrap()["set-cookie"],
        "ver=; Path=/shop; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
}

#[test]
fn cookie_name_prefixes_are_respected() {
    let old = |name: &str| format!("{name}=v0").into_bytes();
    for (name, ends) in [("__Host-v", "; Secure"), ("__secure-v", "; Secure"), ("__v", "GMT")] {
        let router = router().cookie_name(name).unwrap();
        let response =
            route_and_finish(&router, "GET", &[("cookie", &old(name)), (PAGE.0, PAGE.1.as_bytes())], &[]);
        assert!(response.unwrap()["set-cookie"].to_str().unwrap().ends_with(ends), "{name}");
    }
    let advice = "cannot be the name of a cookie; a `__Host-` cookie must have the path `/` and no domain";
    let host = || router().cookie_name("__Host-v").unwrap();
    for err in [host().cookie_path("/a").unwrap_err(), host().cookie_domain("a.b").unwrap_err()] {
        assert_eq!(err.to_string(), format!("`__Host-v` {advice}"));
    }
}

#[test]
fn invalid_settings_are_errors_at_startup_with_advice() {
    #[track_caller]
    fn refused(built: Result<VersionRouter, fingerpost::Error>, kind: ErrorKind, text: &str) {
        let err = built.unwrap_err();
        assert_eq!((err.kind(), &*err.to_string()), (kind, text));
    }
    use ErrorKind::InvalidConfig;
    refused(
        without_default().default_version("v3"),
        InvalidConfig,
        "the default version `v3` is not in the map of the version router, which has `v1`, `v2`; add it there, or choose another default",
    );
    refused(
        VersionRouter::new([("", ""); 0]).unwrap().default_version("v3"),
        InvalidConfig,
        "the default version `v3` is not in the map of the version router, which has no versions; add it there, or choose another default",
    );
    refused(
        VersionRouter::new([("v1", "a"), ("v1", "b")]),
        InvalidConfig,
        "version `v1` is in the map of the version router twice; remove one",
    );
    for version in ["v1\r\nx: y", "v 1", "é", "\"v1\""] {
        let err = VersionRouter::new([(version, "blue")]).unwrap_err();
        assert_eq!(err.kind(), InvalidConfig, "{err}");
        assert!(
            err.to_string().starts_with("the map of the version router is invalid: app version `"),
            "{err}"
        );
        assert!(err.to_string().ends_with("may contain only letters, digits and `. _ ~ + -`"), "{err}");
    }
    for version in ["", &"v".repeat(129)] {
        let err = VersionRouter::new([(version, "blue")]).unwrap_err();
        assert!(err.to_string().ends_with("must have 1 to 128 characters"), "{err}");
    }
    for target in ["", " ", " blue", "blue\r\nx: y", "bl\u{e4}u", "\0"] {
        let err = VersionRouter::new([("v1", target)]).unwrap_err();
        let advice = "of version `v1` cannot be the value of a header; write printable ASCII characters, such as `blue`";
        assert!(err.to_string().ends_with(advice), "{err}");
    }
    refused(
        router().version_header("x y"),
        InvalidConfig,
        "`x y` cannot be the name of a header; write letters, digits and `-`, such as `X-App-Requested-Version`",
    );
    for name in ["", "a\r\nb", "a:b", "\u{e9}"] {
        for built in
            [router().version_header(name), router().target_header(name), router().served_header(name)]
        {
            assert_eq!(built.unwrap_err().kind(), InvalidConfig, "{name}");
        }
    }
    for name in ["", "a b", "a=b", "a;b", "a\r\nb", "\"a\"", "\u{e9}"] {
        assert_eq!(router().cookie_name(name).unwrap_err().kind(), InvalidConfig, "{name}");
    }
    for path in ["", "shop", "/a;b", "/a b", "/a\r\nb", "/\u{e9}"] {
        assert_eq!(router().cookie_path(path).unwrap_err().kind(), InvalidConfig, "{path}");
    }
    for domain in ["", "a;b", "a b", "https://a.b", "a\r\n"] {
        assert_eq!(router().cookie_domain(domain).unwrap_err().kind(), InvalidConfig, "{domain}");
    }
}

fn bytes_of_a_header() -> impl Strategy<Value = Vec<u8>> {
    let near =
        prop::sample::select(vec!["app_version=v1", "app_version=", "v1", "v2", "=", ";", "\"", " ", ","]);
    let any = prop::collection::vec(any::<u8>(), 0..8);
    let part = prop_oneof![near.prop_map(|text| text.as_bytes().to_vec()), any];
    let is_valid = |bytes: &Vec<u8>| HeaderValue::from_bytes(bytes).is_ok();
    prop::collection::vec(part, 0..8)
        .prop_map(|parts| parts.concat())
        .prop_filter("invalid header value", is_valid)
}

proptest! {
    /// All header values and bodies come from the configuration, never from the request.
    #[test]
    fn client_input_is_never_echoed(
        header in prop::option::of(bytes_of_a_header()),
        cookies in prop::collection::vec(bytes_of_a_header(), 0..3),
        is_page_load in any::<bool>(),
    ) {
        let mut request: Vec<(&str, &[u8])> = cookies.iter().map(|cookie| ("cookie", &**cookie)).collect();
        request.extend(header.as_ref().map(|header| ("x-app-requested-version", &**header)));
        request.extend(is_page_load.then_some((PAGE.0, PAGE.1.as_bytes())));
        match route_and_finish(&router(), "GET", &request, &[]) {
            Ok(response) => for (name, value) in &response {
                let value = value.to_str().unwrap();
                let known = match name.as_str() {
                    "x-app-served-version" => &["v1", "v2"][..],
                    "x-backend-target" => &["blue", "green"],
                    "vary" => &["x-app-requested-version, cookie"],
                    "set-cookie" => &[EXPIRY],
                    "cache-control" => &["no-store"],
                    other => panic!("{other}"),
                };
                prop_assert!(known.contains(&value), "{name}: {value}");
            },
            Err(refusal) => prop_assert_eq!(refusal.body(), REFUSAL),
        }
    }
}
