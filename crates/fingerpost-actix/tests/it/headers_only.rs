//! `VersionLayer` without the feature `html`.

use actix_web::{App, HttpResponse, web};
use fingerpost_actix::{OnMismatch, VersionLayer};

use crate::site::{Site, get, send};

const PAGE: &str = "<head><title>x</title></head>";

#[actix_web::test]
async fn pages_have_version_headers_and_an_unchanged_body() {
    let site = Site::new(&[("app.css", b"one")]);
    let assets = site.production("/static/");
    for (path, status, tag, body) in [
        ("/", 200, "\"x\"", PAGE),
        ("/_fingerpost/version", 404, "-", ""),
        ("/_fingerpost/client.0123456789ab.js", 404, "-", ""),
    ] {
        let page = async || {
            let response =
                HttpResponse::Ok().content_type("text/html").insert_header(("etag", "\"x\"")).body(PAGE);
            response
        };
        let app = App::new()
            .route("/", web::get().to(page))
            .wrap(VersionLayer::new(&assets).on_mismatch(OnMismatch::Prompt));
        let response = send(app, get(path).insert_header(("accept", "text/html"))).await;
        assert_eq!((response.status.as_u16(), response.header("etag"), response.text()), (status, tag, body));
        assert_eq!(response.header("x-app-version"), &*assets.app_version(), "{path}");
        assert_eq!(response.header("x-app-version-action"), "prompt", "{path}");
    }
}
