use std::convert::Infallible;

use fingerpost_tower::{HtmlRewriteLayer, OnMismatch, VersionLayer};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, service_fn};

use super::{HTML, PAGE, always, build_response, development, page, production, publish, request, send};

#[tokio::test]
async fn nested_layers_insert_at_most_one_script_and_use_the_settings_of_the_inner_layer() {
    let (_dir, assets) = production();
    let outer = VersionLayer::new(&assets);
    let other = VersionLayer::new(&development("v9"));
    for (inner, expected) in [
        (outer.clone(), ("v1", "reload")),
        (outer.clone().on_mismatch(OnMismatch::Prompt), ("v1", "prompt")),
        (outer.clone().on_mismatch(OnMismatch::Ignore), ("v1", "ignore")),
        (outer.clone().header(false), ("-", "-")),
        (other, ("v9", "reload")),
    ] {
        let service = outer.layer(inner.layer(always(page())));
        let response = send(service, request("/", &[])).await;
        assert_eq!(response.version_and_action(), expected);
        let scripts = usize::from(expected.1 != "ignore");
        assert_eq!(response.text().matches("<script").count(), scripts, "{expected:?}");
        assert_eq!(response.text().replace(response.tag().unwrap_or_default(), ""), PAGE);
    }
}

/// Serves a constant page with an `ETag` and supports `If-None-Match`.
async fn conditional(request: Request<()>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let tags = request.headers().get("if-none-match").map_or("", |tags| tags.to_str().unwrap());
    let status = if tags.contains("\"x\"") { 304 } else { 200 };
    let body = if status == 200 { "<head></head><a href=\"/static/a.css\">" } else { "" };
    Ok(build_response(status, &[HTML, ("etag", "\"x\"")], body))
}

#[tokio::test]
async fn validators_work_with_layers_in_any_order() {
    let (dir, assets) = production();
    let (version, html) = (VersionLayer::new(&assets), HtmlRewriteLayer::new(&assets));
    let get = async |order: usize, headers: &[(&str, &str)]| {
        let (inner, request) = (service_fn(conditional), request("/", headers));
        match order {
            0 => send(version.layer(html.layer(inner)), request).await,
            1 => send(html.layer(version.layer(inner)), request).await,
            _ => send(version.layer(version.layer(inner)), request).await,
        }
    };
    for order in 0..3 {
        for accept in ["text/html", "*/*"] {
            let present = format!("v{order}{}", accept.len());
            publish(&dir, &present);
            assets.reload().unwrap();
            let first = get(order, &[("accept", accept)]).await;
            assert_eq!(first.attribute("data-version"), Some(&*present));
            assert_eq!(first.text().contains(&format!("/static/a.{present}.css")), order < 2);
            let tag = first.header("etag");
            let again = get(order, &[("accept", accept), ("if-none-match", tag)]).await;
            assert_eq!((again.status.as_u16(), again.header("etag")), (304, tag), "{order} {accept}");
            assert_eq!(again.version_and_action(), (&*present, "reload"));

            publish(&dir, "other");
            assets.reload().unwrap();
            let later = get(order, &[("accept", accept), ("if-none-match", tag)]).await;
            assert_eq!((later.status.as_u16(), later.attribute("data-version")), (200, Some("other")));
        }
    }
}

#[tokio::test]
async fn existing_script_tag_in_a_page_is_preserved() {
    let html = "<head><script defer src=\"/_fingerpost/client.0123456789ab.js\" data-version=\"v0\"></script></head>";
    let (_dir, assets) = production();
    let layer = VersionLayer::new(&assets);
    let response = send(layer.layer(always(build_response(200, &[HTML], html))), request("/", &[])).await;
    assert_eq!(response.text().replace(response.tag().unwrap(), ""), html);
    assert_eq!(response.attribute("data-version"), Some("v1"), "the inserted tag is the first");
}
