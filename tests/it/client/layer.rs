//! Stands in for `VersionLayer`.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header};

const SCRIPT: &str = include_str!("../../../crates/fingerpost-http/src/client/client.js");

pub(super) fn versioned(routes: Router, version: &str, action: &str) -> Router {
    let (version, action) = (version.to_owned(), action.to_owned());
    routes.layer(from_fn(move |request: Request, next: Next| {
        let (version, action) = (version.clone(), action.clone());
        async move {
            let path = request.uri().path().to_owned();
            let mut answer: Response = if path == "/_fingerpost/client.0123456789ab.js" {
                ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT).into_response()
            } else if path == "/_fingerpost/version" {
                let body = format!(r#"{{"version":"{version}","source":"explicit","components":{{}}}}"#);
                ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response()
            } else {
                let answer = next.run(request).await;
                let (mut head, body) = answer.into_parts();
                let mut body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
                if action != "ignore" {
                    let tag = format!(r#"<head><script defer src="/_fingerpost/client.0123456789ab.js" data-version="{version}" data-action="{action}"></script>"#);
                    body = body.replacen("<head>", &tag, 1);
                }
                head.headers.remove(header::CONTENT_LENGTH);
                Response::from_parts(head, Body::from(body))
            };
            answer.headers_mut().insert("x-app-version", HeaderValue::from_str(&version).unwrap());
            answer.headers_mut().insert("x-app-version-action", HeaderValue::from_str(&action).unwrap());
            answer
        }
    }))
}
