//! The validators of HTML that a layer changes.
//!
//! What a page says of itself (`ETag`, `Last-Modified`) was true of it before the change. A browser that sends it back would
//! be told that nothing has changed, for ever, while the URLs in the page should change with every release.

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
use etag_suffix::{EtagSuffix, SuffixMatch, quoted};

/// What a layer may do to a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HtmlChange {
    /// Nothing: it is no HTML, has no body that stands for itself, is compressed, or says that it stays as it is.
    Nothing,
    /// Its headers have been changed as for GET; it has no body, because the request was HEAD.
    Headers,
    /// Its headers have been changed; its body is HTML in this encoding, to be changed at will.
    Body(HtmlEncoding),
}

/// One request and its response, on their way through a layer that changes HTML.
///
/// The layer is known by a name, which it puts into entity tags: `W/"<inner>-<name>.<hash>"`. So several layers may lie
/// around each other, each with its own name or even with the same. The hash changes with the release and the app version,
/// and with `settings`, which is all else that the layer's changes depend on. In development HTML has no tag at all.
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
/// // The next request has this tag, and what is inside of the layer sees its own.
/// let (mut request, ()) = Request::get("/").header(header::IF_NONE_MATCH, tag).body(())?.into_parts();
/// HtmlExchange::begin("html", "", &snapshot, &mut request);
/// assert_eq!(request.headers[header::IF_NONE_MATCH], "W/\"x\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HtmlExchange {
    suffix: EtagSuffix,
    method: Method,
    /// The tags that went on without the part, with quotes.
    stripped_tags: Vec<Vec<u8>>,
}

impl HtmlExchange {
    /// Takes conditions off a GET or HEAD request that were made for unchanged HTML; other requests stay as they are.
    ///
    /// - `If-Modified-Since` goes, unless `Sec-Fetch-Dest` says that no HTML is asked for.
    /// - `Range` and `If-Range` go if `Accept` names `text/html`.
    /// - In `If-None-Match`, a tag with the present part goes on without it, and one with another part goes. A tag without a
    ///   part goes if `Accept` names `text/html`: it is from before the layer was there. If none is left,
    ///   `If-Modified-Since` goes as well, because it only counts where there are no tags (RFC 9110, §13.1.3).
    ///
    /// `If-Match` and `If-Unmodified-Since` stay: they lead to an error at worst, never to an old page.
    pub fn begin(
        layer: &'static str,
        settings: impl Into<Cow<'static, str>>,
        snapshot: &Snapshot,
        request: &mut request::Parts,
    ) -> Self {
        let suffix = EtagSuffix::new(layer, settings.into(), snapshot);
        let mut exchange = Self { suffix, method: request.method.clone(), stripped_tags: Vec::new() };
        if matches!(request.method, Method::GET | Method::HEAD) {
            exchange.remove_conditions(&mut request.headers);
        }
        exchange
    }

    fn remove_conditions(&mut self, headers: &mut HeaderMap) {
        let wants_html = names_html(headers);
        if !is_for_subresource(headers) {
            headers.remove(IF_MODIFIED_SINCE);
        }
        if wants_html {
            headers.remove(RANGE);
            headers.remove(IF_RANGE);
        }
        self.strip_tags(headers, wants_html);
    }

    fn strip_tags(&mut self, headers: &mut HeaderMap, wants_html: bool) {
        let lists = headers.get_all(IF_NONE_MATCH).iter();
        let tags: Vec<_> = lists.flat_map(|list| Tags(list.as_bytes().trim_ascii())).collect();
        let has_suffix = tags.iter().any(|(_, tag)| self.suffix.split(tag).is_some());
        // A list without a part goes on letter for letter, also `*`, and what is not written as the standard has it.
        if !headers.contains_key(IF_NONE_MATCH) || !has_suffix && !wants_html {
            return;
        }
        let mut forwarded = Vec::new();
        for (is_weak, tag) in tags {
            let tag = match self.suffix.split(tag) {
                Some((inner, SuffixMatch::Current)) => {
                    self.stripped_tags.push(inner.clone());
                    inner
                }
                None if !wants_html => tag.to_vec(),
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

    /// Gives a response the validators that it will have once it is changed, and says whether it may be.
    ///
    /// It may if it is uncompressed `text/html`, in an encoding that can be read as ASCII; not if it is 204, 205, 206 or 304,
    /// if it says `immutable` or `no-transform`, or if it is a download (`Content-Disposition: attachment`). Then:
    ///
    /// - `Last-Modified`, `Accept-Ranges`, `Content-Length` and all [digests](remove_digests) go.
    /// - `ETag` becomes weak and gets the part; in development it goes.
    ///
    /// A 304 to a tag that went on without its part gets the part back, and is otherwise treated the same.
    pub fn finish(&self, response: &mut response::Parts) -> HtmlChange {
        if must_stay(&response.headers) {
            return HtmlChange::Nothing;
        }
        if response.status == StatusCode::NOT_MODIFIED {
            if self.matches_stripped_tag(&response.headers) {
                self.replace_validators(&mut response.headers);
            }
            return HtmlChange::Nothing;
        }
        let Some(encoding) = self.rewritable(response) else { return HtmlChange::Nothing };
        self.replace_validators(&mut response.headers);
        if self.method == Method::HEAD { HtmlChange::Headers } else { HtmlChange::Body(encoding) }
    }

    /// Whether a response would be changed if it were not compressed.
    pub(crate) fn is_kept_by_compression(&self, response: &response::Parts) -> bool {
        is_compressed(&response.headers) && !must_stay(&response.headers) && self.page(response).is_some()
    }

    fn rewritable(&self, response: &response::Parts) -> Option<HtmlEncoding> {
        self.page(response).filter(|_| !is_compressed(&response.headers))
    }

    /// The encoding of a response that is HTML and stands for itself.
    fn page(&self, response: &response::Parts) -> Option<HtmlEncoding> {
        let has_page = !response.status.is_informational()
            && !matches!(
                response.status,
                StatusCode::NO_CONTENT
                    | StatusCode::RESET_CONTENT
                    | StatusCode::PARTIAL_CONTENT
                    | StatusCode::NOT_MODIFIED
            )
            && self.method != Method::CONNECT;
        HtmlEncoding::from_content_type(response.headers.get(CONTENT_TYPE).filter(|_| has_page)?)
    }

    fn matches_stripped_tag(&self, headers: &HeaderMap) -> bool {
        let tag = headers.get(ETAG).and_then(quoted);
        tag.is_some_and(|tag| self.stripped_tags.iter().any(|stripped| stripped == tag))
    }

    /// Takes off what is no longer true, and makes the tag the layer's own.
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

/// Removes what was computed over the bytes of a body that is changed: `Content-MD5`, `Digest`, `Content-Digest` and
/// `Repr-Digest`. Trailers may hold them, too.
pub fn remove_digests(headers: &mut HeaderMap) {
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        headers.remove(HeaderName::from_static(name));
    }
}
