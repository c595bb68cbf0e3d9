//! Path tokens in requests.

use std::fs;

use fingerpost::{Assets, Mode, Strategy, Token};
use fingerpost_tower::StaticFiles;
use http::Method;

use crate::site::{IMMUTABLE, ONE_HOUR, Site, TestResponse, get, send};

fn site() -> Site {
    Site::new(&[("css/app.css", b"one"), ("2024/logo.png", b"logo")])
}

fn serve_by_token(site: &Site, token: Token) -> (Assets, StaticFiles) {
    let assets = site.builder(Mode::Production).strategy(Strategy::PathToken(token));
    let assets = assets.base_url("/static/{breaker}/").build().unwrap();
    let files = StaticFiles::new(&assets);
    (assets, files)
}

#[track_caller]
fn assert_redirects(response: &TestResponse, location: &str) {
    assert_eq!((response.status.as_u16(), response.header("location")), (301, location));
    assert_eq!((response.cache_control(), response.header("access-control-allow-origin")), ("no-store", "*"));
}

#[tokio::test]
async fn current_token_makes_a_response_immutable() {
    let site = site();
    let (assets, files) = serve_by_token(&site, Token::ordered(1000).unwrap());
    assert_eq!(&*assets.url("css/app.css").unwrap(), "/static/1000/css/app.css");
    get(&files, "/1000/css/app.css").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/1000/css/app.css?v=1").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/1000/css/nope.css").await.assert_not_found();
    get(&files, "/1000/").await.assert_not_found();
    fs::write(site.source().join("css/app.css"), "two").unwrap();
    get(&files, "/1000/css/app.css").await.assert_is(200, "no-store", b"two");
}

#[tokio::test]
async fn older_token_redirects_to_the_current_token() {
    let site = site();
    let (_, files) = serve_by_token(&site, Token::ordered(1000).unwrap());
    for (path, location) in [
        ("/999/css/app.css", "/static/1000/css/app.css"),
        ("/999/css/app.css?x=1&y=%20", "/static/1000/css/app.css?x=1&y=%20"),
        ("/01000/css/app.css", "/static/1000/css/app.css"),
        ("/0/css/a%20b.css", "/static/1000/css/a%20b.css"),
        ("/%39/css/nope.css", "/static/1000/css/nope.css"),
        // Raw characters are encoded, and encoded characters are unchanged.
        ("/999/css/ä%C3%A4.css?q=⊗%20", "/static/1000/css/%C3%A4%C3%A4.css?q=%E2%8A%97%20"),
    ] {
        assert_redirects(&get(&files, path).await, location);
    }
    for path in ["/999/../secret", "/999/", "/999//evil.example/x", "/999/a%00b", "/999/..%2fx"] {
        get(&files, path).await.assert_not_found();
    }
}

#[tokio::test]
async fn newer_token_gets_503_with_retry_after() {
    let site = site();
    let (_, files) = serve_by_token(&site, Token::ordered(1000).unwrap());
    for path in ["/1001/css/app.css", "/99999999999999999999999999/css/app.css"] {
        let response = get(&files, path).await;
        assert_eq!(
            (response.status.as_u16(), response.header("retry-after"), response.cache_control()),
            (503, "3", "no-store")
        );
    }
    // Paths that cannot exist in any deploy do not get a 503.
    for path in ["/1001", "/1001/", "/1001/..", "/1001/../secret", "/1001/css/", "/1001/a%00b"] {
        get(&files, path).await.assert_not_found();
    }
}

#[tokio::test]
async fn path_without_a_token_is_an_unversioned_request() {
    let site = site();
    let (_, files) = serve_by_token(&site, Token::ordered(1000).unwrap());
    get(&files, "/css/app.css").await.assert_is(200, ONE_HOUR, b"one");
    get(&files, "/2024/logo.png").await.assert_is(200, ONE_HOUR, b"logo");
    get(&files, "/css/app.css?v=1").await.assert_is(200, "no-store", b"one");
    get(&files, "/css/nope.css").await.assert_not_found();
    get(&files, "/1000").await.assert_not_found();
}

#[tokio::test]
async fn opaque_token_redirects_only_previous_tokens() {
    let site = site();
    let (_, files) = serve_by_token(&site, Token::opaque("3f2a91b").unwrap().previous(["9c01d22"]).unwrap());
    get(&files, "/3f2a91b/css/app.css").await.assert_is(200, IMMUTABLE, b"one");
    assert_redirects(&get(&files, "/9c01d22/css/app.css").await, "/static/3f2a91b/css/app.css");
    get(&files, "/0000000/css/app.css").await.assert_is(200, "no-store", b"one");
    get(&files, "/0000000/css/nope.css").await.assert_not_found();
    get(&files, "/css/app.css").await.assert_is(200, ONE_HOUR, b"one");
}

#[tokio::test]
async fn nodes_with_different_tokens_cause_no_redirect_loop() {
    let site = site();
    let (_, old) = serve_by_token(&site, Token::opaque("old").unwrap());
    let (_, new) = serve_by_token(&site, Token::opaque("new").unwrap().previous(["old"]).unwrap());
    assert_redirects(&get(&new, "/old/css/app.css").await, "/static/new/css/app.css");
    get(&old, "/new/css/app.css").await.assert_is(200, "no-store", b"one");
}

#[tokio::test]
async fn token_may_precede_further_base_url_segments() {
    let site = site();
    let below = |base_url| {
        let assets = site.builder(Mode::Production).strategy(Strategy::PathToken(Token::ordered(7).unwrap()));
        StaticFiles::new(&assets.base_url(base_url).build().unwrap())
    };
    let files = below("https://cdn.example.com/{breaker}/static/");
    get(&files, "/7/static/css/app.css").await.assert_is(200, IMMUTABLE, b"one");
    get(&files, "/static/css/app.css").await.assert_is(200, ONE_HOUR, b"one");
    assert_redirects(&get(&files, "/6/static/css/app.css").await, "/7/static/css/app.css");
    assert_redirects(&get(&files, "/6/%73tatic/css/%61pp.css?x").await, "/7/static/css/%61pp.css?x");
    get(&files, "/7/css/app.css").await.assert_not_found();

    let escaped = below("/{breaker}/st%C3%A4tic/a%2520b/");
    for encoded in ["st%C3%A4tic/a%2520b", "st%c3%a4t%69c/%61%2520b"] {
        get(&escaped, &format!("/7/{encoded}/css/app.css")).await.assert_is(200, IMMUTABLE, b"one");
        get(&escaped, &format!("/{encoded}/css/app.css")).await.assert_is(200, ONE_HOUR, b"one");
        let older = get(&escaped, &format!("/6/{encoded}/css/a%20b.css?x=1")).await;
        assert_redirects(&older, "/7/st%C3%A4tic/a%2520b/css/a%20b.css?x=1");
    }
    get(&escaped, "/7/st%25C3%25A4tic/a%252520b/css/app.css").await.assert_not_found();
}

#[tokio::test]
async fn development_uses_no_token() {
    let site = site();
    let assets = site.builder(Mode::Dev).strategy(Strategy::PathToken(Token::ordered(7).unwrap()));
    let assets = assets.base_url("/static/{breaker}/").build().unwrap();
    let files = StaticFiles::new(&assets);
    get(&files, "/css/app.css").await.assert_is(200, "no-cache", b"one");
    get(&files, "/7/css/app.css").await.assert_not_found();
}

#[tokio::test]
async fn head_and_conditional_requests_are_honored() {
    let site = site();
    let (_, files) = serve_by_token(&site, Token::ordered(1000).unwrap());
    let tag = get(&files, "/1000/css/app.css").await.header("etag").to_owned();
    send(&files, Method::GET, "/1000/css/app.css", &[("if-none-match", &tag)])
        .await
        .assert_is(304, IMMUTABLE, b"");
    let head = send(&files, Method::HEAD, "/999/css/app.css", &[]).await;
    assert_redirects(&head, "/static/1000/css/app.css");
    assert!(head.body.is_empty());
}
