use std::convert::Infallible;

use bytes::Bytes;
use fingerpost_tower::HtmlRewriteLayer;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

use super::{PAGE, production, publish, request, text};

/// Serves a constant page and a constant style sheet, and supports conditional requests.
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
async fn unchanged_page_is_sent_again_after_each_release() {
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
        // Validators of responses without the layer.
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
    // Simulates a request of htmx.
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
async fn conditional_requests_for_style_sheets_are_forwarded() {
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
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()["etag"], "\"css\"");
        assert!(response.headers().contains_key("last-modified"));
    }
    assert_eq!(visit("if-none-match", "\"other\"").await.status(), StatusCode::OK);
}
