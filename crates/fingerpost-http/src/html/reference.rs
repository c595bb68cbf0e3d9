use std::borrow::Cow;

use fingerpost::{__private::query_versions, BaseUrl, Snapshot, Strategy, Url};

use crate::serve::request_path::{asset_path, path_after_token};

use super::base_element::is_on_other_host;

/// Resolves the URLs in a document to assets.
#[derive(Debug)]
pub(super) struct References {
    snapshot: Snapshot,
    /// Longer bases come first.
    bases: Vec<Base>,
    /// `true` if paths refer to another host. `None` before the first `<base href>`.
    paths_are_on_other_host: Option<bool>,
}

impl References {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        Self { snapshot: snapshot.clone(), bases: bases(snapshot), paths_are_on_other_host: None }
    }

    /// Applies a `<base href>` to the following references. HTML Standard: only the first `<base href>` counts.
    pub(super) fn rebase(&mut self, href: &str) {
        let base = self.snapshot.assets().base_url();
        self.paths_are_on_other_host.get_or_insert_with(|| is_on_other_host(href, host(base)));
    }

    /// Returns the current URL of the asset that `url` refers to. Returns `None` for other URLs, and for URLs with a version.
    pub(super) fn rewritten(&self, url: &str) -> Option<Url> {
        let paths_are_on_other_host = self.paths_are_on_other_host.unwrap_or_default();
        let mut bases = self.bases.iter().filter(|base| base.host > 0 || !paths_are_on_other_host);
        bases.find_map(|base| self.asset(base.strip(url)?))
    }

    fn asset(&self, rest: &str) -> Option<Url> {
        let (path, suffix) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        if has_version(suffix) {
            return None;
        }
        // An unreadable file is reported when the file is requested.
        self.snapshot.try_url(&format!("{}{suffix}", file_name(path)?)).ok()?
    }
}

/// A prefix of asset paths in a document.
#[derive(Debug, PartialEq, Eq)]
struct Base {
    text: String,
    /// The length of scheme and host, which are case-insensitive.
    host: usize,
}

impl Base {
    fn strip<'u>(&self, url: &'u str) -> Option<&'u str> {
        let (host, path) = url.split_at_checked(self.host)?;
        let (own_host, own_path) = self.text.split_at(self.host);
        host.eq_ignore_ascii_case(own_host).then(|| path.strip_prefix(own_path))?
    }
}

/// Returns the base URL, and the base URL without its path token, which is unknown to authors. Unless the path is
/// `/`, also returns the two URLs without the host.
fn bases(snapshot: &Snapshot) -> Vec<Base> {
    let assets = snapshot.assets();
    let base = assets.base_url();
    let host = host(base);
    let mut paths = vec![base.path().to_owned()];
    if let Some(Strategy::PathToken(token)) = assets.strategy()
        && let Some(after) = path_after_token(assets, token)
    {
        paths.push(format!("{}{after}", assets.mount_path()));
    }
    let mut bases = Vec::new();
    for path in paths {
        if base.is_absolute() && path != "/" {
            bases.push(Base { text: path.clone(), host: 0 });
        }
        bases.push(Base { text: host.to_owned() + &path, host: host.len() });
    }
    bases
}

/// Returns scheme and host, or an empty string.
fn host(base: &BaseUrl) -> &str {
    &base.as_str()[..base.as_str().len() - base.path().len()]
}

/// Decodes a path in a URL. Returns `None` for a path with `?` or `#`, which `try_url` would parse as query or fragment.
fn file_name(path: &str) -> Option<Cow<'_, str>> {
    asset_path(path).filter(|name| !name.starts_with('/') && !name.contains(['?', '#']))
}

/// Returns `true` if the query has a parameter `v`.
fn has_version(suffix: &str) -> bool {
    let query = suffix.split('#').next().unwrap_or_default();
    query_versions(query.strip_prefix('?').unwrap_or_default()).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_parameter_is_found_anywhere_in_the_query() {
        for suffix in ["?v=1", "?v", "?v=", "?x=1&v=2#f", "?%76=1", "?v=1#v"] {
            assert!(has_version(suffix), "{suffix}");
        }
        for suffix in ["", "?", "#v=1", "#?v=1", "?x=v", "?V=1", "?vv=1", "?x=1#&v=2", "??v=1"] {
            assert!(!has_version(suffix), "{suffix}");
        }
    }

    #[test]
    fn path_is_percent_decoded_once() {
        for (path, name) in [("a%20b.css", "a b.css"), ("%252F.txt", "%2F.txt"), ("%E2%8A%97", "⊗"), ("", "")]
        {
            assert_eq!(file_name(path).as_deref(), Some(name));
        }
        for path in ["/a.css", "%2Fa.css", "css%2fa.css", "%FF", "a%3Fb", "a%23b"] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }

    #[test]
    fn scheme_and_host_are_compared_case_insensitively() {
        let base = Base { text: "https://cdn/static/".to_owned(), host: 11 };
        assert_eq!(base.strip("HTTPS://CDN/static/a"), Some("a"));
        for other in ["https://cdn/STATIC/a", "https://cdm/static/a", "https://cdn", "ä", ""] {
            assert_eq!(base.strip(other), None, "{other}");
        }
    }
}
