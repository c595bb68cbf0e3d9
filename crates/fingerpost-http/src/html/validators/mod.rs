//! Validators of HTML that a layer changes.
//!
//! The `ETag` and `Last-Modified` of a page describe the page before the change. A browser that revalidated with these
//! validators would get 304 forever, although the URLs in the page change with each release.

mod conditions;
mod etag_suffix;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use fingerpost::Snapshot;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE,
        IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
    },
    request, response,
};

use crate::{
    html::HtmlEncoding,
    rfc9110::{accept::names_html, conditional::Tags},
};

use conditions::{is_for_subresource, must_stay};
use etag_suffix::{EtagSuffix, quoted};

/// The part of a response that a layer may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HtmlChange {
    /// Nothing is changed: the response is not HTML, has no complete body, is compressed, or must not be changed.
    Nothing,
    /// The headers were changed as for GET. The request was HEAD, so there is no body.
    Headers,
    /// The headers were changed. The body is HTML in this encoding and may be rewritten.
    Body(HtmlEncoding),
}

/// One request and its response in a layer that rewrites HTML.
///
/// The layer adds its name to entity tags: `W/"<inner>-<name>.<hash>"`. Layers can be nested, even with the same name.
/// The hash changes with the release, the app version, and `settings`, which must contain all other inputs of the
/// rewriting. In development, HTML has no entity tag.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("staticfiles.json"), r#"{"version": "1.1", "paths": {"a.css": "a.1.css"}}"#)?;
/// use fingerpost_http::{HtmlChange, HtmlExchange};
/// use http::{Request, Response, header};
///
/// let snapshot = fingerpost::Assets::production(dist.path())?.snapshot();
/// let (mut request, ()) = Request::get("/").header(header::ACCEPT, "text/html").body(())?.into_parts();
/// let exchange = HtmlExchange::begin("html", "", &snapshot, &mut request);
///
/// let response = Response::builder().header(header::CONTENT_TYPE, "text/html").header(header::ETAG, "\"x\"");
/// let (mut response, ()) = response.body(())?.into_parts();
/// assert!(matches!(exchange.finish(&mut response), HtmlChange::Body(_)));
/// let tag = response.headers[header::ETAG].clone();
/// assert!(tag.to_str()?.starts_with("W/\"x-html."));
///
/// // The next request has this tag, and the application gets its own tag.
/// let (mut request, ()) = Request::get("/").header(header::IF_NONE_MATCH, tag).body(())?.into_parts();
/// HtmlExchange::begin("html", "", &snapshot, &mut request);
/// assert_eq!(request.headers[header::IF_NONE_MATCH], "W/\"x\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HtmlExchange {
    suffix: EtagSuffix,
    method: Method,
    /// Tags whose suffix was removed from the request, with quotes.
    stripped_tags: Vec<Vec<u8>>,
}

impl HtmlExchange {
    /// Removes conditions that refer to the page before the rewriting, if the method is GET or HEAD. Other requests are
    /// unchanged.
    ///
    /// - `If-Modified-Since` is removed, unless `Sec-Fetch-Dest` rules out HTML.
    /// - `Range` and `If-Range` are removed if `Accept` contains `text/html`.
    /// - In `If-None-Match`, the suffix is removed from tags with the current suffix. Tags with another suffix are removed.
    ///   Tags without a suffix, from a time without the layer, are removed if `Accept` contains `text/html`. If no tag is left,
    ///   `If-Modified-Since` is removed as well, because servers evaluate this header only without `If-None-Match` (RFC 9110,
    ///   §13.1.3).
    ///
    /// `If-Match` and `If-Unmodified-Since` are unchanged: they may cause an error response, but never a stale page.
    pub fn begin(
        layer: &'static str,
        settings: impl Into<Cow<'static, str>>,
        snapshot: &Snapshot,
        request: &mut request::Parts,
    ) -> Self {
        let suffix = EtagSuffix::new(layer, settings.into(), snapshot);
        let mut exchange = Self { suffix, method: request.method.clone(), stripped_tags: Vec::new() };
        if matches!(request.method, Method::GET | Method::HEAD) {
            let headers = &mut request.headers;
            let accepts_html = names_html(headers);
            if !is_for_subresource(headers) {
                headers.remove(IF_MODIFIED_SINCE);
            }
            if accepts_html {
                headers.remove(RANGE);
                headers.remove(IF_RANGE);
            }
            exchange.strip_tags(headers, accepts_html);
        }
        exchange
    }

    fn strip_tags(&mut self, headers: &mut HeaderMap, accepts_html: bool) {
        let lists = headers.get_all(IF_NONE_MATCH).iter();
        let tags: Vec<_> = lists.flat_map(|list| Tags(list.as_bytes().trim_ascii())).collect();
        let has_suffix = tags.iter().any(|(_, tag)| self.suffix.split(tag).is_some());
        // A list without a suffix is forwarded unchanged, including `*` and malformed lists.
        if !headers.contains_key(IF_NONE_MATCH) || !has_suffix && !accepts_html {
            return;
        }
        let mut forwarded = Vec::new();
        for (is_weak, tag) in tags {
            let tag = match self.suffix.split(tag) {
                Some((inner, hash)) if self.suffix.hash() == Some(hash) => {
                    self.stripped_tags.push(inner.clone());
                    inner
                }
                None if !accepts_html => tag.to_vec(),
                _ => continue,
            };
            forwarded.push([if is_weak { &b"W/"[..] } else { b"" }, &tag].concat());
        }
        match HeaderValue::from_bytes(&forwarded.join(&b", "[..])) {
            Ok(list) if !forwarded.is_empty() => drop(headers.insert(IF_NONE_MATCH, list)),
            _ => {
                headers.remove(IF_NONE_MATCH);
                headers.remove(IF_MODIFIED_SINCE);
            }
        }
    }

    /// Replaces the validators of a response by validators of the rewritten page. Returns the part that may be changed.
    ///
    /// Only uncompressed `text/html` in an ASCII-compatible encoding may be changed. Responses with status 204, 205, 206 or
    /// 304, `immutable` or `no-transform` responses, and downloads (`Content-Disposition: attachment`) are unchanged. In all
    /// pages that may be changed:
    ///
    /// - `Last-Modified`, `Accept-Ranges`, `Content-Length` and all [digests](remove_digests) are removed.
    /// - `ETag` becomes weak and gets the suffix. In development, `ETag` is removed.
    ///
    /// If a 304 has a tag whose suffix was removed from the request, the suffix is added to the tag. The headers in the first
    /// item are removed from this 304.
    pub fn finish(&self, response: &mut response::Parts) -> HtmlChange {
        if must_stay(&response.headers) {
            return HtmlChange::Nothing;
        }
        if response.status == StatusCode::NOT_MODIFIED {
            let tag = response.headers.get(ETAG).and_then(quoted);
            if tag.is_some_and(|tag| self.stripped_tags.iter().any(|stripped| stripped == tag)) {
                self.replace_validators(&mut response.headers);
            }
            return HtmlChange::Nothing;
        }
        let Some(encoding) = self.page(response).filter(|_| !is_compressed(&response.headers)) else {
            return HtmlChange::Nothing;
        };
        self.replace_validators(&mut response.headers);
        if self.method == Method::HEAD { HtmlChange::Headers } else { HtmlChange::Body(encoding) }
    }

    /// Returns `true` if compression is the only reason not to change a response.
    pub(crate) fn is_unchanged_because_compressed(&self, response: &response::Parts) -> bool {
        is_compressed(&response.headers) && !must_stay(&response.headers) && self.page(response).is_some()
    }

    /// Returns the encoding of a response that is HTML with a complete body.
    fn page(&self, response: &response::Parts) -> Option<HtmlEncoding> {
        let is_complete = !matches!(response.status.as_u16(), 100..=199 | 204..=206 | 304);
        let has_page = is_complete && self.method != Method::CONNECT;
        HtmlEncoding::from_content_type(response.headers.get(CONTENT_TYPE).filter(|_| has_page)?)
    }

    /// Removes headers that describe the unchanged body, and adds the suffix to the tag.
    fn replace_validators(&self, headers: &mut HeaderMap) {
        for name in [LAST_MODIFIED, ACCEPT_RANGES, CONTENT_LENGTH] {
            headers.remove(name);
        }
        remove_digests(headers);
        if let Some(tag) = headers.remove(ETAG).and_then(|tag| self.suffix.add(&tag)) {
            headers.insert(ETAG, tag);
        }
    }
}

fn is_compressed(headers: &HeaderMap) -> bool {
    let is_plain = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    !headers.get_all(CONTENT_ENCODING).iter().all(is_plain)
}

/// Removes the digests of a body that is changed: `Content-MD5`, `Digest`, `Content-Digest` and `Repr-Digest`. Trailers may
/// also contain these fields.
pub fn remove_digests(headers: &mut HeaderMap) {
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        headers.remove(HeaderName::from_static(name));
    }
}
