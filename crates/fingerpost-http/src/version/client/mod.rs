//! Serves the client script, which compares the version of a page with the version of the server.

use std::sync::LazyLock;

use bytes::Bytes;
use fingerpost::manifest::{ContentHash, Digest, Encoding};
use http::{Method, Response, request};

use crate::{
    rfc9110::{
        cache_control::CachePolicy,
        media_type::media_type,
        method::for_method,
        offer::{Decision, Offer, Representation},
    },
    serve::{content::Content, response::method_not_allowed},
};

/// The scripts in `script`, as one minified script. `tests/minify` creates this file and its variants.
const SCRIPT: &[u8] = include_bytes!("client.min.js");
const GZIP: &[u8] = include_bytes!("client.min.js.gz");
const BROTLI: &[u8] = include_bytes!("client.min.js.br");

static SHA256: LazyLock<Digest> = LazyLock::new(|| Digest::from_content(SCRIPT));
static VARIANTS: LazyLock<[(Encoding, Representation); 2]> =
    LazyLock::new(|| [Encoding::Gzip, Encoding::Br].map(|encoding| (encoding, variant(encoding))));

fn bytes(encoding: Option<Encoding>) -> &'static [u8] {
    match encoding {
        Some(Encoding::Gzip) => GZIP,
        Some(Encoding::Br) => BROTLI,
        _ => SCRIPT,
    }
}

fn variant(encoding: Encoding) -> Representation {
    let bytes = bytes(Some(encoding));
    Representation { size: bytes.len() as u64, sha256: Some(Digest::from_content(bytes)) }
}

/// Returns the content hash of the script.
pub(crate) fn hash() -> ContentHash {
    ContentHash::from(&*SHA256)
}

/// Returns `client.<hash>.js`.
pub(crate) fn file_name() -> String {
    format!("client.{}.js", hash())
}

/// Parses the hash in the file name of a client script. The script may belong to another release.
pub(crate) fn hash_in_name(file_name: &str) -> Option<ContentHash> {
    ContentHash::parse(file_name.strip_prefix("client.")?.strip_suffix(".js")?)
}

/// Responds with the current script. The response is `immutable` only if the URL has the current hash.
pub(crate) fn respond(request: &request::Parts, requested_hash: ContentHash) -> Response<Bytes> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return method_not_allowed().map(Content::into_bytes);
    }
    let offer = Offer {
        media_type: media_type("client.js"),
        policy: if requested_hash == hash() { CachePolicy::Immutable } else { CachePolicy::NoStore },
        identity: Representation { size: SCRIPT.len() as u64, sha256: Some(*SHA256) },
        variants: VARIANTS.as_slice(),
    };
    let decision = offer.decide(&request.method, &request.headers);
    let content = match &decision {
        Decision::Send { part: Some(part), .. } => Content::slice(&Bytes::from_static(SCRIPT), part),
        Decision::Send { encoding, part: None } => Content::Bytes(Bytes::from_static(bytes(*encoding))),
        _ => Content::EMPTY,
    };
    for_method(&request.method, offer.respond(&decision, content).map(Content::into_bytes))
}
