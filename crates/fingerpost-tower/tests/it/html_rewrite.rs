use std::{
    convert::Infallible,
    fs,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum::{Router, response::Html, routing::get};
use bytes::Bytes;
use fingerpost::{Assets, Mode, Snapshot};
use fingerpost_tower::{HtmlRewriteBody, HtmlRewriteLayer};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full};
use tempfile::TempDir;
use tower::{Layer, Service, ServiceExt, service_fn};

const PAGE: &str = r#"<link rel="stylesheet" href="/static/a.css">"#;

/// An output dir whose `a.css` has this hashed path now.
fn publish(dir: &TempDir, hashed: &str) {
    let manifest = format!(r#"{{"version": "1.1", "paths": {{"a.css": "{hashed}"}}, "hash": "{hashed}"}}"#);
    fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
}

fn production() -> (TempDir, Assets) {
    let dir = tempfile::tempdir().unwrap();
    publish(&dir, "a.1.css");
    let assets = Assets::production(dir.path()).unwrap();
    (dir, assets)
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request =
        headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

fn response(headers: &[(&str, &str)], body: &'static str) -> Response<Full<Bytes>> {
    let response =
        headers.iter().fold(Response::builder(), |response, (name, value)| response.header(*name, *value));
    response.body(body.into()).unwrap()
}

const HTML: (&str, &str) = ("content-type", "text/html");

/// Sends one request through the layer to a service with one answer.
async fn answer<B: Body>(
    assets: &Assets,
    request: Request<()>,
    response: Response<B>,
) -> Response<HtmlRewriteBody<B>> {
    let response = Arc::new(Mutex::new(Some(response)));
    let inner = service_fn(|_| {
        let response = Arc::clone(&response);
        async move { Ok::<_, Infallible>(response.lock().unwrap().take().unwrap()) }
    });
    HtmlRewriteLayer::new(assets).layer(inner).oneshot(request).await.unwrap()
}

async fn text<B: Body<Error: std::fmt::Debug>>(body: B) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn html_gets_the_present_urls() {
    let (_dir, assets) = production();
    let page = response(&[HTML, ("etag", "\"x\""), ("content-length", "44"), ("last-modified", "x")], PAGE);
    let response = answer(&assets, request(&[]), page).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["etag"].to_str().unwrap().starts_with("W/\"x-"));
    assert_eq!(response.headers().len(), 2);
    assert_eq!(response.body().size_hint().exact(), None);
    assert_eq!(text(response).await, r#"<link rel="stylesheet" href="/static/a.1.css">"#);
}

#[tokio::test]
async fn all_else_passes_as_it_is() {
    let (_dir, assets) = production();
    for headers in [
        &[("content-type", "text/css")][..],
        &[("content-type", "application/xhtml+xml")],
        &[("content-type", "text/html; charset=utf-16")],
        &[HTML, ("content-encoding", "gzip")],
        &[HTML, ("cache-control", "public, max-age=31536000, immutable")],
        &[],
    ] {
        let headers = [headers, &[("etag", "\"x\""), ("content-length", "44")]].concat();
        let answer = answer(&assets, request(&[]), response(&headers, PAGE)).await;
        assert_eq!(answer.headers(), response(&headers, "").headers());
        assert_eq!(answer.body().size_hint().exact(), Some(44));
        assert_eq!(text(answer).await, PAGE);
    }
    for status in [StatusCode::NO_CONTENT, StatusCode::PARTIAL_CONTENT, StatusCode::NOT_MODIFIED] {
        let mut response = response(&[HTML, ("etag", "\"x\"")], PAGE);
        *response.status_mut() = status;
        let answer = answer(&assets, request(&[]), response).await;
        assert_eq!(answer.headers()["etag"], "\"x\"", "{status}");
        assert_eq!(text(answer).await, PAGE, "{status}");
    }
}

#[tokio::test]
async fn development_versions_by_content_and_has_no_tag() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.css"), "body{}").unwrap();
    let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).build().unwrap();
    let response = answer(&assets, request(&[]), response(&[HTML, ("etag", "\"x\"")], PAGE)).await;
    assert!(!response.headers().contains_key("etag"));
    assert_eq!(text(response).await, PAGE.replace("a.css", "a.css?v=7c98040a5416"));
}

/// A server of one page and one style sheet, none of which ever changes, that honours conditions.
async fn conditional(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_css = request.uri().path().ends_with(".css");
    let (media_type, tag) = if is_css { ("text/css", "\"css\"") } else { ("text/html", "\"page\"") };
    let date = "Sat, 29 Oct 1994 19:43:31 GMT";
    let is_same = match request.headers().get(header::IF_NONE_MATCH) {
        Some(list) => {
            list.to_str().unwrap().split(',').any(|other| other.trim().trim_start_matches("W/") == tag)
        }
        None => request.headers().get(header::IF_MODIFIED_SINCE).is_some_and(|since| since == date),
    };
    let response = Response::builder()
        .header("content-type", media_type)
        .header("etag", tag)
        .header("last-modified", date);
    Ok(if is_same {
        response.status(304).body(Full::default()).unwrap()
    } else {
        response.body(PAGE.into()).unwrap()
    })
}

#[tokio::test]
async fn a_page_that_stays_the_same_is_sent_anew_with_each_release() {
    let (dir, assets) = production();
    let visit = |headers: Vec<(&'static str, String)>| {
        let layer = HtmlRewriteLayer::new(&assets);
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            layer.layer(service_fn(conditional)).oneshot(request(&headers)).await.unwrap()
        }
    };
    let as_browser = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let page = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-dest", "document")];
        page.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let first = visit(as_browser(&[])).await;
    assert!(!first.headers().contains_key("last-modified"));
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(text(first).await.contains("a.1.css"));

    let again = visit(as_browser(&[("if-none-match", &tag)])).await;
    assert_eq!(
        (again.status(), again.headers()["etag"].to_str().unwrap()),
        (StatusCode::NOT_MODIFIED, &*tag)
    );
    assert!(!again.headers().contains_key("last-modified"));

    publish(&dir, "a.2.css");
    assets.reload().unwrap();
    let date = "Sat, 29 Oct 1994 19:43:31 GMT";
    for validators in [
        &[("if-none-match", &*tag)][..],
        &[("if-none-match", &tag), ("if-modified-since", date)],
        // From before the layer was there.
        &[("if-none-match", "\"page\"")],
        &[("if-none-match", "W/\"page\""), ("if-modified-since", date)],
        &[("if-modified-since", date)],
        &[("if-none-match", "*")],
    ] {
        let response = visit(as_browser(validators)).await;
        assert_eq!(response.status(), StatusCode::OK, "{validators:?}");
        assert_ne!(response.headers()["etag"], tag);
        assert!(text(response).await.contains("a.2.css"), "{validators:?}");
    }
    // What htmx sends, which a server without a date check would take for a subresource.
    let htmx = [
        ("accept", "*/*"),
        ("sec-fetch-dest", "empty"),
        ("if-none-match", &tag),
        ("if-modified-since", date),
    ];
    let response = visit(htmx.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_style_sheet_keeps_its_conditions() {
    let (_dir, assets) = production();
    let visit = async |condition, value| {
        let mut request =
            request(&[("accept", "text/css,*/*;q=0.1"), ("sec-fetch-dest", "style"), (condition, value)]);
        *request.uri_mut() = "/a.css".parse().unwrap();
        HtmlRewriteLayer::new(&assets).layer(service_fn(conditional)).oneshot(request).await.unwrap()
    };
    let not_modified = [
        visit("if-none-match", "\"css\"").await,
        visit("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT").await,
    ];
    for response in not_modified {
        assert_eq!(
            (response.status(), &response.headers()["etag"]),
            (StatusCode::NOT_MODIFIED, &HeaderValue::from_static("\"css\""))
        );
        assert!(response.headers().contains_key("last-modified"));
    }
    assert_eq!(visit("if-none-match", "\"other\"").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn head_is_answered_like_get() {
    let (_dir, assets) = production();
    let page = get(async || ([(header::ETAG, "\"x\""), (header::CONTENT_LENGTH, "44")], Html(PAGE)));
    let router = Router::new().route("/", page);
    let (within, around) =
        (router.clone().layer(HtmlRewriteLayer::new(&assets)), HtmlRewriteLayer::new(&assets).layer(router));
    let headers = async |method: Method| {
        let request = || Request::builder().method(&method).uri("/").body(axum::body::Body::empty()).unwrap();
        let one = within.clone().oneshot(request()).await.unwrap();
        let other = around.clone().oneshot(request()).await.unwrap();
        assert_eq!(one.headers(), other.headers());
        assert_eq!((one.body().size_hint().exact(), other.body().size_hint().exact()).1, None);
        let headers = one.headers().clone();
        (headers, text(one).await, text(other).await)
    };
    let (by_get, one, other) = headers(Method::GET).await;
    let (by_head, nothing, nothing_either) = headers(Method::HEAD).await;
    assert_eq!((by_get.clone(), one), (by_head, other.clone()));
    assert!(!by_get.contains_key("content-length") && other.contains("a.1.css"));
    assert_eq!((nothing, nothing_either), (String::new(), String::new()));
}

/// A body of these frames, each of which is there when it is asked for; between them it is pending.
struct Frames(Vec<Option<Result<Frame<Bytes>, io::Error>>>);

impl Frames {
    fn new(frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, io::Error>>>) -> Self {
        let mut frames: Vec<_> = frames.into_iter().collect();
        frames.reverse();
        Self(frames)
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.pop() {
            Some(None) => Poll::Pending,
            Some(frame) => Poll::Ready(frame),
            None => Poll::Ready(None),
        }
    }
}

fn data(data: &'static str) -> Option<Result<Frame<Bytes>, io::Error>> {
    Some(Ok(Frame::data(data.into())))
}

async fn rewritten(
    frames: impl IntoIterator<Item = Option<Result<Frame<Bytes>, io::Error>>>,
) -> HtmlRewriteBody<Frames> {
    let (_dir, assets) = production();
    let page = Response::builder().header("content-type", "text/html").body(Frames::new(frames)).unwrap();
    answer(&assets, request(&[]), page).await.into_body()
}

/// What one poll gives, as text; trailers by their names.
async fn next(body: &mut HtmlRewriteBody<Frames>) -> String {
    poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => "pending".to_owned(),
            Poll::Ready(None) => "end".to_owned(),
            Poll::Ready(Some(Err(err))) => format!("error {err}"),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
                Err(frame) => format!("{:?}", frame.into_trailers().unwrap().keys().collect::<Vec<_>>()),
            },
        })
    })
    .await
}

#[tokio::test]
async fn a_page_streams() {
    let pieces =
        [data("<p>one<a hr"), None, data("ef='/sta"), data("tic/a.css"), data("'>two"), None, data("<b")];
    let mut body = rewritten(pieces).await;
    assert!(!body.is_end_stream());
    for expected in ["<p>one", "pending", "<a href='/static/a.1.css'>two", "pending", "<b", "end", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
    assert!(body.is_end_stream() && body.size_hint().exact() == Some(0));
}

#[tokio::test]
async fn trailers_pass_without_digests() {
    let mut trailers = HeaderMap::new();
    trailers.insert("content-digest", HeaderValue::from_static("x"));
    trailers.insert("server-timing", HeaderValue::from_static("x"));
    let mut body = rewritten([data("x<a"), Some(Ok(Frame::trailers(trailers)))]).await;
    for expected in ["x", "<a", r#"["server-timing"]"#, "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn a_body_that_fails_gives_what_it_had_and_then_the_error() {
    let failure = Some(Err(io::Error::other("broken")));
    let mut body =
        rewritten([data("<a href='/static/a.css'>x<a href='/static/a.css'"), failure, data("more")]).await;
    for expected in ["<a href='/static/a.1.css'>x", "<a href='/static/a.css'", "error broken", "end"] {
        assert_eq!(next(&mut body).await, expected);
    }
}

#[tokio::test]
async fn an_empty_page_stays_empty() {
    let (_dir, assets) = production();
    let page = Response::builder().header("content-type", "text/html").body(Empty::<Bytes>::new()).unwrap();
    let response = answer(&assets, request(&[]), page).await;
    assert!(response.body().is_end_stream());
    assert_eq!(response.body().size_hint().exact(), Some(0));
    assert_eq!(text(response).await, "");
}

/// A body that says which URL it sees.
struct Seen(Assets, bool);

impl Body for Seen {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let is_done = std::mem::replace(&mut self.1, true);
        Poll::Ready((!is_done).then(|| Ok(Frame::data(seen(&self.0).into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn seen(assets: &Assets) -> String {
    assets.url("a.css").unwrap().to_string()
}

#[tokio::test]
async fn one_response_sees_one_release() {
    let (dir, assets) = production();
    for (media_type, outermost) in [("text/html", "a.1.css"), ("text/plain", "a.2.css")] {
        let reload = |hashed: &str| {
            publish(&dir, hashed);
            assets.reload().unwrap();
        };
        let inner = service_fn(|request: Request<()>| {
            let (in_call, assets) = (seen(&assets), assets.clone());
            let snapshot = request.extensions().get::<Snapshot>().unwrap().clone();
            async move {
                tokio::task::yield_now().await;
                let body = Seen(assets.clone(), false);
                let response =
                    Response::builder().header("content-type", media_type).header("x-call", in_call);
                let response = response
                    .header("x-future", seen(&assets))
                    .header("x-snapshot", &*snapshot.url("a.css").unwrap());
                Ok::<_, Infallible>(response.body(body).unwrap())
            }
        });
        let mut service = HtmlRewriteLayer::new(&assets).layer(HtmlRewriteLayer::new(&assets).layer(inner));
        let call = service.call(request(&[]));
        reload("a.9.css");
        let response = call.await.unwrap();
        for name in ["x-call", "x-future", "x-snapshot"] {
            assert_eq!(response.headers()[name], format!("/static/{outermost}").as_str(), "{name}");
        }
        assert_eq!(text(response).await, format!("/static/{outermost}"));
        assert_eq!(seen(&assets), "/static/a.9.css");
        reload("a.2.css");
    }
}

#[tokio::test]
async fn an_outer_snapshot_is_taken_over_if_it_is_of_the_same_assets() {
    let ((dir, assets), (_other_dir, other)) = (production(), production());
    let before = assets.snapshot();
    publish(&dir, "a.2.css");
    assets.reload().unwrap();
    for (snapshot, expected) in [(before, "a.1.css"), (other.snapshot(), "a.2.css")] {
        let mut request = request(&[]);
        request.extensions_mut().insert(snapshot);
        let response = answer(&assets, request, response(&[HTML], PAGE)).await;
        assert_eq!(text(response).await, PAGE.replace("a.css", expected));
    }
}

#[test]
fn the_parts_fit_into_every_stack() {
    fn is_send_sync_and_clone<T: Clone + Send + Sync>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync>() {}
    let (_dir, assets) = production();
    let layer = HtmlRewriteLayer::new(&assets);
    is_send_sync_and_clone(&layer);
    is_send_sync_and_clone(&layer.layer(()));
    is_send_and_sync::<HtmlRewriteBody<Full<Bytes>>>();
}
