use http::{HeaderMap, header::ACCEPT};

/// Returns `true` if `Accept` contains `text/html`. Browsers send `text/html` in navigations.
pub(crate) fn names_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| essence(item).eq_ignore_ascii_case("text/html"))
}

/// Returns the type and subtype of a `Content-Type` or of an item of `Accept`, without parameters.
pub(crate) fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}
