use fingerpost::__private::scheme;

/// Returns `true` if paths in a document with this `<base href>` refer to a host other than `own`. `own` is the scheme and host
/// of the base URL. If the base URL is a path, `own` is empty, because the host of the page is unknown.
///
/// Parses the URL like a browser (URL Standard, "URL parsing"). An invalid URL counts as a URL of another host.
pub(super) fn is_on_other_host(href: &str, own: &str) -> bool {
    let mut url = href.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "").replace('\\', "/");
    url.make_ascii_lowercase();
    match scheme(&url) {
        // HTML Standard, "set the frozen base URL": these schemes are ignored.
        Some("data" | "javascript") => false,
        Some(_) => !is_on(&url, own),
        None => url.starts_with("//") && !is_on(&url, own.trim_start_matches(|c| c != '/')),
    }
}

fn is_on(url: &str, host: &str) -> bool {
    let rest = url.strip_prefix(&host.to_ascii_lowercase());
    !host.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}
