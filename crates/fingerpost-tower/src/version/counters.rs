use fingerpost::Snapshot;
use fingerpost_http::Skew;
use http::request;

const REQUESTS: &str = "fingerpost_requests_total";

/// That an outer layer has counted a request.
#[derive(Debug, Clone, Copy)]
struct Counted;

/// Counts a request once, by the version that it asks for. With literal labels the facade allocates nothing.
pub(super) fn count(request: &mut request::Parts, snapshot: &Snapshot) {
    if request.extensions.insert(Counted).is_some() {
        return;
    }
    let counter = match Skew::of(&request.headers, &snapshot.app_version()) {
        Skew::Match => metrics::counter!(REQUESTS, "version" => "match"),
        Skew::Skew => metrics::counter!(REQUESTS, "version" => "skew"),
        Skew::Unversioned => metrics::counter!(REQUESTS, "version" => "unversioned"),
    };
    counter.increment(1);
}
