//! Layers around an actix-web app.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    App, HttpMessage as _, HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    dev::Service as _,
    error, rt,
    test::TestRequest,
    web,
};
use bytes::Bytes;
use fingerpost::{Assets, Snapshot};
use fingerpost_actix::{
    CspNonce, HtmlRewriteLayer, StaticFiles, VersionEndpointsLayer, VersionLayer, VersionRouter,
    VersionRouterLayer,
};

use crate::site::{IMMUTABLE, Site, get, send};

/// A body that sends the current URL of `app.css` in each chunk. Publishes a release before the first chunk.
struct Urls {
    assets: Assets,
    publish: Option<Box<dyn FnOnce()>>,
    remaining_chunks: usize,
}

impl MessageBody for Urls {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.remaining_chunks == 0 {
            return Poll::Ready(None);
        }
        self.remaining_chunks -= 1;
        if let Some(publish) = self.publish.take() {
            publish();
        }
        let url = self.assets.url("app.css").unwrap().to_string();
        Poll::Ready(Some(Ok(Bytes::from(url + "\n"))))
    }
}

#[actix_web::test]
async fn handler_future_and_body_use_one_release() {
    let site = std::rc::Rc::new(Site::new(&[("app.css", b"one")]));
    let assets = site.production("/static/");
    let old = assets.url("app.css").unwrap().to_string();
    let publish = {
        let (site, assets) = (site.clone(), assets.clone());
        move || {
            site.write("app.css", b"two");
            site.collect();
            assets.reload().unwrap();
        }
    };
    let handler = {
        let assets = assets.clone();
        move || {
            let (assets, publish) = (assets.clone(), publish.clone());
            async move {
                let before = assets.url("app.css").unwrap();
                rt::task::yield_now().await;
                publish();
                assert_eq!(assets.url("app.css").unwrap(), before);
                HttpResponse::Ok().body(Urls {
                    assets,
                    publish: Some(Box::new(publish)),
                    remaining_chunks: 2,
                })
            }
        }
    };
    for layer in 0..2 {
        let app = App::new().route("/", web::get().to(handler.clone()));
        let response = match layer {
            0 => send(app.wrap(VersionLayer::new(&assets)), get("/")).await,
            _ => send(app.wrap(HtmlRewriteLayer::new(&assets)), get("/")).await,
        };
        let expected = if layer == 0 { old.clone() } else { assets.url("app.css").unwrap().to_string() };
        assert_eq!(response.text(), format!("{expected}\n{expected}\n"));
    }
    assert_ne!(assets.url("app.css").unwrap(), *old, "a release was published");
}

#[actix_web::test]
async fn handlers_and_layers_share_the_snapshot_of_the_request() {
    let site = Site::new(&[("app.css", b"one")]);
    let assets = site.production("/static/");
    let handler = async |request: HttpRequest| {
        let extensions = request.extensions();
        extensions.get::<Snapshot>().unwrap().url("app.css").unwrap().to_string()
    };
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(HtmlRewriteLayer::new(&assets))
        .wrap(VersionLayer::new(&assets));
    assert_eq!(send(app, get("/")).await.text(), &*assets.url("app.css").unwrap());
}

#[actix_web::test]
async fn every_response_has_the_version_once() {
    let site = Site::new(&[("app.css", b"one")]);
    let assets = site.production("/static/");
    let url = assets.url("app.css").unwrap().to_string();
    for (method, path, status) in [
        ("GET", "/", 200),
        ("POST", "/", 404),
        ("GET", "/failing", 418),
        ("GET", "/refused", 403),
        ("GET", "/missing", 404),
        ("GET", &*url, 200),
        ("POST", &*url, 405),
        ("GET", "/_fingerpost/version", 200),
        ("GET", "/version", 200),
    ] {
        let app = App::new()
            .route("/", web::get().to(async || "a page"))
            .route("/failing", web::get().to(async || Err::<String, _>(error::ErrorImATeapot("tea"))))
            .service(StaticFiles::new(&assets))
            // A middleware that returns an error instead of a response.
            .wrap_fn(|request, next| {
                let is_refused = request.path() == "/refused";
                let response = next.call(request);
                async move {
                    if is_refused { Err(error::ErrorForbidden("no entry")) } else { response.await }
                }
            })
            .wrap(VersionEndpointsLayer::without_bust(&assets))
            .wrap(VersionLayer::new(&assets))
            .wrap(VersionLayer::new(&assets));
        let response = send(app, TestRequest::with_uri(path).method(method.parse().unwrap())).await;
        let versions: Vec<_> = response.headers.get_all("x-app-version").collect();
        assert_eq!(response.status.as_u16(), status, "{path}");
        assert_eq!(versions, [&*assets.app_version()], "{path}");
        assert_eq!(response.header("x-app-version-action"), "reload", "{path}");
        assert_eq!(response.header("cache-control") == IMMUTABLE, path == url && method == "GET", "{path}");
    }
}

#[actix_web::test]
async fn script_has_the_nonce_of_the_request_and_occurs_once() {
    let site = Site::new(&[]);
    let assets = site.production("/static/");
    let page = async || {
        let html = "<head><title>x</title></head>";
        HttpResponse::Ok()
            .content_type("text/html")
            .insert_header(("etag", "\"x\""))
            .no_chunking(29)
            .body(html)
    };
    let app = || {
        App::new()
            .route("/", web::get().to(page))
            .wrap(VersionLayer::new(&assets))
            .wrap(VersionLayer::new(&assets))
    };
    let response = send(app(), get("/")).await;
    assert_eq!(response.text().matches("<script").count(), 1, "{}", response.text());
    assert!(response.header("etag").starts_with("W/\"x-version."), "{}", response.header("etag"));
    assert_eq!(response.header("content-length"), "-");

    let app = app().wrap_fn(|request, next| {
        request.extensions_mut().insert(CspNonce("abc".to_owned()));
        next.call(request)
    });
    let response = send(app, get("/")).await;
    assert!(response.text().contains("nonce=\"abc\"></script><title>"), "{}", response.text());
    assert_eq!(response.header("etag"), "-");
}

#[actix_web::test]
async fn conditions_for_the_unchanged_page_are_not_forwarded() {
    let site = Site::new(&[("app.css", b"one")]);
    let assets = site.production("/static/");
    let handler = async |request: HttpRequest| {
        let names: Vec<_> = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names, ["accept"]);
        let count = request.headers().get_all("accept").count();
        HttpResponse::Ok().content_type("text/html").body(format!("<img src=/static/app.css>{count}"))
    };
    let app = App::new().route("/", web::get().to(handler)).wrap(HtmlRewriteLayer::new(&assets));
    let mut request = get("/").append_header(("accept", "text/html")).append_header(("accept", "*/*"));
    for (name, value) in [
        ("if-none-match", "\"x\""),
        ("if-modified-since", "x"),
        ("range", "bytes=0-1"),
        ("if-range", "\"x\""),
    ] {
        request = request.insert_header((name, value));
    }
    let response = send(app, request).await;
    assert_eq!(response.text(), format!("<img src=\"{}\">2", assets.url("app.css").unwrap()));
}

#[actix_web::test]
async fn router_adds_headers_to_errors_and_refuses_unknown_versions() {
    let router =
        VersionRouter::new([("v1", "blue"), ("v2", "green")]).unwrap().default_version("v2").unwrap();
    for (path, version, status, target) in [
        ("/", "v1", 200, "blue"),
        ("/refused", "v1", 403, "blue"),
        ("/", "", 200, "green"),
        ("/", "v0", 409, "-"),
    ] {
        let app = App::new()
            .route("/", web::get().to(async || "a page"))
            .wrap_fn(|request, next| {
                let is_refused = request.path() == "/refused";
                let response = next.call(request);
                async move {
                    if is_refused { Err(error::ErrorForbidden("no entry")) } else { response.await }
                }
            })
            .wrap(VersionRouterLayer::from(router.clone()));
        let response = send(app, get(path).insert_header(("x-app-requested-version", version))).await;
        assert_eq!(response.status.as_u16(), status, "{path} {version}");
        assert_eq!(response.header("x-backend-target"), target, "{path} {version}");
        let is_refused = status == 409;
        assert_eq!(response.header("vary").contains("cookie"), !is_refused, "{path} {version}");
        assert_eq!(response.header("cache-control"), if is_refused { "no-store" } else { "-" });
    }
}
