use actix_web::{HttpMessage as _, dev::ServiceRequest};
use fingerpost::Snapshot;
use fingerpost_http::VersionMatch;
use http::request;

const REQUESTS: &str = "fingerpost_requests_total";

/// The extension of requests that an outer layer has already counted.
struct Counted;

/// Counts a request once, by its requested version.
pub(crate) fn count_request(request: &ServiceRequest, parts: &request::Parts, snapshot: &Snapshot) {
    if request.extensions_mut().insert(Counted).is_some() {
        return;
    }
    let counter = match VersionMatch::from_headers(&parts.headers, &snapshot.app_version()) {
        VersionMatch::Match => metrics::counter!(REQUESTS, "version" => "match"),
        VersionMatch::Different => metrics::counter!(REQUESTS, "version" => "skew"),
        VersionMatch::Unversioned => metrics::counter!(REQUESTS, "version" => "unversioned"),
    };
    counter.increment(1);
}
