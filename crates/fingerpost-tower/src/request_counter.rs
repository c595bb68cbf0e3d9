use fingerpost::Snapshot;
use fingerpost_http::VersionMatch;
use http::request;

const REQUESTS: &str = "fingerpost_requests_total";

/// The extension of requests that an outer layer has already counted.
#[derive(Debug, Clone, Copy)]
struct Counted;

/// Counts a request once, by its requested version.
///
/// The labels are literals, so that the crate `metrics` does not allocate.
pub(crate) fn count_request(request: &mut request::Parts, snapshot: &Snapshot) {
    if request.extensions.insert(Counted).is_some() {
        return;
    }
    let counter = match VersionMatch::from_headers(&request.headers, &snapshot.app_version()) {
        VersionMatch::Match => metrics::counter!(REQUESTS, "version" => "match"),
        VersionMatch::Different => metrics::counter!(REQUESTS, "version" => "skew"),
        VersionMatch::Unversioned => metrics::counter!(REQUESTS, "version" => "unversioned"),
    };
    counter.increment(1);
}
