//! The script that compares a page's version with the server's, and its way to the browser.

use std::sync::LazyLock;

use bytes::Bytes;
use fingerpost::{ContentHash, Digest};
use http::{Method, Response, request};

use crate::{
    answer::{Decision, Offer, Representation, for_method, method_not_allowed},
    cache_control::Lifetime,
    content::Content,
    media_type::media_type,
};

const SCRIPT: &[u8] = include_bytes!("client.js");

static SHA256: LazyLock<Digest> = LazyLock::new(|| Digest::of(SCRIPT));

/// What its name holds at present.
pub(crate) fn hash() -> ContentHash {
    ContentHash::from(&*SHA256)
}

/// `client.<hash>.js`
pub(crate) fn file_name() -> String {
    format!("client.{}.js", hash())
}

/// The hash in the name of a client script, of whichever release; nothing if this is another name.
pub(crate) fn named(file_name: &str) -> Option<ContentHash> {
    ContentHash::parse(file_name.strip_prefix("client.")?.strip_suffix(".js")?)
}

/// Answers a request for the script whose name has this hash: there is only the present one.
pub(crate) fn answer(request: &request::Parts, named: ContentHash) -> Response<Bytes> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return method_not_allowed().map(Content::into_bytes);
    }
    let offer = Offer {
        media_type: media_type("client.js"),
        lifetime: if named == hash() { Lifetime::Immutable } else { Lifetime::NoStore },
        identity: Representation { size: SCRIPT.len() as u64, sha256: Some(*SHA256) },
        variants: &[],
    };
    let decision = offer.decide(&request.method, &request.headers);
    let script = Bytes::from_static(SCRIPT);
    let content = match &decision {
        Decision::Send { part: Some(part), .. } => Content::slice(&script, part),
        Decision::Send { part: None, .. } => Content::Bytes(script),
        _ => Content::EMPTY,
    };
    for_method(&request.method, offer.answer(&decision, content).map(Content::into_bytes))
}
