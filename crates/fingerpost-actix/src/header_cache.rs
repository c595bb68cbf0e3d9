use std::{cell::RefCell, collections::HashMap, fmt};

use actix_web::http::header;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_RANGE, ETAG},
    response,
};

use crate::convert::converted;

/// The cache of a worker is cleared when the cache has more entries. An entry takes about 1.5 kB.
const MAX_ENTRIES: usize = 1024;

type Converted = Vec<(header::HeaderName, header::HeaderValue)>;

/// The converted headers of files, in one worker.
///
/// A file has one entry for each encoding and status. Converting headers takes longer than looking up a file.
#[derive(Default)]
pub(crate) struct HeaderCache(RefCell<HashMap<(StatusCode, HeaderValue), (HeaderMap, Converted)>>);

impl HeaderCache {
    /// Adds the headers of a response to `target`.
    pub(crate) fn add(&self, response: &response::Parts, target: &mut header::HeaderMap) {
        let headers = &response.headers;
        // Partial content and error responses have different headers for each request.
        let Some(tag) = headers.get(ETAG).filter(|_| !headers.contains_key(CONTENT_RANGE)) else {
            return converted(headers).for_each(|(name, value)| target.append(name, value));
        };
        let mut entries = self.0.borrow_mut();
        if entries.len() > MAX_ENTRIES {
            entries.clear();
        }
        let (original, converted_headers) =
            entries.entry((response.status, tag.clone())).or_insert_with(|| (HeaderMap::new(), Vec::new()));
        // `Cache-Control` depends on the URL of the request, so one file can have different headers.
        if !original.iter().eq(headers) {
            original.clone_from(headers);
            *converted_headers = converted(headers).collect();
        }
        for (name, value) in converted_headers {
            target.append(name.clone(), value.clone());
        }
    }
}

impl fmt::Debug for HeaderCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderCache").finish_non_exhaustive()
    }
}
