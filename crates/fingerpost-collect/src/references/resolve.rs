//! Resolves references to asset paths as browsers resolve URLs (WHATWG URL, §4.4).

use std::borrow::Cow;

use fingerpost::{
    __private::{ImportMap, scheme},
    AssetPath,
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::raw_reference::Kind;

/// The target of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// An asset path. The asset may not exist.
    Asset(String),
    /// A path with an encoded slash in a segment. Servers find no file for such a path.
    EncodedSlash(String),
    /// The URL path that a relative reference resolves to, outside of the base URL.
    LeavesBase(String),
    /// An absolute URL path outside of the base URL, without its first slash.
    OutsideBase(String),
    /// A bare module specifier, which an import map resolves.
    Bare(String),
}

impl Target {
    /// Returns the asset of a bare specifier in the import map, and any other target unchanged.
    pub(crate) fn mapped(&self, import_map: &ImportMap) -> Cow<'_, Self> {
        match self {
            Self::Bare(name) => {
                import_map.target(name).map_or(Cow::Borrowed(self), |path| Cow::Owned(Self::Asset(path)))
            }
            _ => Cow::Borrowed(self),
        }
    }
}

/// The URL of a file. References in the file are relative to this URL.
#[derive(Clone, Copy)]
pub(crate) struct Referrer<'a> {
    /// The path of the base URL, with a slash at both ends.
    pub(crate) base: &'a str,
    pub(crate) path: &'a AssetPath,
    /// `true` if bare module specifiers are references.
    pub(crate) finds_bare: bool,
}

/// Resolves a reference. Returns `None` for references that are left unchanged: other hosts and schemes, fragments,
/// directories, and bare module specifiers unless `finds_bare` is `true`.
pub(crate) fn resolve(reference: &str, kind: Kind, referrer: Referrer<'_>) -> Option<Target> {
    let is_bare =
        kind == Kind::Module && !["/", "./", "../"].iter().any(|start| reference.starts_with(start));
    let specifier = reference;
    let reference = without_ignored(reference);
    let path = reference.split(['?', '#']).next()?;
    // In an `http` URL, a backslash counts as a slash.
    let segments: Vec<_> = path.split(['/', '\\']).collect();
    let has_host = matches!(segments[..], ["", "", ..]);
    let name = decoded(segments.last()?);
    // HTML, "resolve a URL-like module specifier": only a specifier that begins with exactly `/`, `./` or `../` is a URL.
    if is_bare && referrer.finds_bare && scheme(path).is_none() && !specifier.is_empty() {
        return Some(Target::Bare(specifier.to_owned()));
    }
    if is_bare || scheme(path).is_some() || has_host || matches!(&*name, "" | "." | "..") {
        return None;
    }
    let is_absolute = segments[0].is_empty();
    let base = referrer.base.split('/').filter(|segment| !segment.is_empty());
    let base: Vec<_> = base.map(decoded).collect();
    let mut resolved = Vec::new();
    if !is_absolute {
        resolved.clone_from(&base);
        resolved.extend(referrer.path.split('/').map(str::to_owned));
        resolved.pop();
    }
    for segment in &segments[usize::from(is_absolute)..] {
        match &*decoded(segment) {
            "." => {}
            ".." => drop(resolved.pop()),
            other => resolved.push(other.to_owned()),
        }
    }
    Some(match resolved.strip_prefix(&*base).filter(|asset| !asset.is_empty()) {
        Some(asset) if asset.iter().any(|segment| segment.contains('/')) => {
            Target::EncodedSlash(joined(asset))
        }
        Some(asset) => Target::Asset(joined(asset)),
        None if is_absolute => Target::OutsideBase(joined(&resolved)),
        None => Target::LeavesBase(format!("/{}", joined(&resolved))),
    })
}

/// Returns `true` if browsers resolve a specifier to the URL of the asset without a query, a fragment or another spelling.
///
/// The URLs of assets encode more characters than browsers encode, and browsers do not decode an escape such as `%2D`.
pub(crate) fn resolves_to_asset_url(specifier: &str) -> bool {
    !specifier.contains(['?', '#', '%', '&', '\'', '(', ')', ';', '=', '[', ']', '|', '\\'])
}

/// Removes the characters that browsers ignore in a URL: control characters and spaces at both ends, and line breaks
/// and tabs anywhere.
pub(super) fn without_ignored(url: &str) -> String {
    url.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "")
}

/// Decodes a segment. An encoded slash is not a separator, so the result may contain a slash.
fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Joins segments to a path. Slashes in a segment are encoded again.
fn joined(segments: &[String]) -> String {
    let segments: Vec<_> = segments.iter().map(|segment| segment.replace('/', "%2F")).collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(reference: &str, kind: Kind, base: &str) -> Option<Target> {
        let path = AssetPath::parse("css/app.css").unwrap();
        resolve(reference, kind, Referrer { base, path: &path, finds_bare: false })
    }

    #[track_caller]
    fn asset(reference: &str) -> String {
        match target(reference, Kind::Url, "/static/") {
            Some(Target::Asset(path)) => path,
            other => panic!("{reference:?} is {other:?}"),
        }
    }

    #[test]
    fn relative_and_absolute_references_resolve_to_assets() {
        assert_eq!(asset("a.png"), "css/a.png");
        assert_eq!(asset("./../img/./a.png"), "img/a.png");
        assert_eq!(asset("/static/img/a.png?x#y"), "img/a.png");
        assert_eq!(asset("../../static/img/a.png"), "img/a.png");
        assert_eq!(asset("%2e%2E/img/b%20c.png"), "img/b c.png");
        assert_eq!(asset("..\\img\\a.png"), "img/a.png");
        assert_eq!(asset(" \n../img/a\n.png\t"), "img/a.png");
        assert_eq!(asset("a.svg#path/../b"), "css/a.svg");
        assert_eq!(asset("x/a:b.png"), "css/x/a:b.png");
        assert_eq!(target("/img/a.png", Kind::Url, "/"), Some(Target::Asset("img/a.png".to_owned())));
        assert_eq!(target("../a.png", Kind::Url, "/"), Some(Target::Asset("a.png".to_owned())));
        assert_eq!(target("../../a.png", Kind::Url, "/"), Some(Target::Asset("a.png".to_owned())));
    }

    #[test]
    fn percent_encoded_base_url_is_recognized() {
        let target = |reference| target(reference, Kind::Url, "/st%20atic/%c3%a9/");
        let expected = Some(Target::Asset("img/a.png".to_owned()));
        assert_eq!(target("/st%20atic/%C3%A9/img/a.png"), expected);
        assert_eq!(target("/%73t atic/\u{e9}/img/a.png"), expected);
        assert_eq!(target("../img/a.png"), expected);
        assert_eq!(target("/static/img/a.png"), Some(Target::OutsideBase("static/img/a.png".to_owned())));
    }

    #[test]
    fn references_to_other_sites_fragments_and_directories_are_ignored() {
        for reference in [
            "",
            " ",
            "#x",
            "?x",
            "//host/a.png",
            "\\\\host/a.png",
            "/\\host",
            "http:a.png",
            "DATA:x",
            "chrome://x",
            "https:",
            "../img/",
            ".",
            "..",
            "img/%2e%2e",
            "/static/",
            "img/?x",
        ] {
            assert_eq!(target(reference, Kind::Url, "/static/"), None, "{reference:?}");
        }
        assert_eq!(target("//foobar", Kind::Url, "/"), None);
    }

    #[test]
    fn references_that_leave_the_base_url_are_detected() {
        let leaves = |path: &str| Some(Target::LeavesBase(path.to_owned()));
        assert_eq!(target("../../etc/passwd", Kind::Url, "/static/"), leaves("/etc/passwd"));
        assert_eq!(target("../../../../etc/passwd", Kind::Url, "/static/"), leaves("/etc/passwd"));
    }

    #[test]
    fn absolute_paths_outside_the_base_url_are_detected() {
        let outside = |path: &str| Some(Target::OutsideBase(path.to_owned()));
        assert_eq!(target("/media/a.png?x", Kind::Url, "/static/"), outside("media/a.png"));
        assert_eq!(target("/./x/../js/b%20c.js", Kind::Module, "/static/"), outside("js/b c.js"));
        assert_eq!(target("/static", Kind::Url, "/static/"), outside("static"));
    }

    #[test]
    fn bare_module_specifiers_are_ignored() {
        for bare in ["lodash", "a/b.js", ".a.js", "..", "#x/y", "@a/b", " ./m.js", ".\\m.js"] {
            assert_eq!(target(bare, Kind::Module, "/static/"), None, "{bare:?}");
        }
        let here = Some(Target::Asset("css/m.js".to_owned()));
        assert_eq!(target("./m.js", Kind::Module, "/static/"), here);
        assert_eq!(target("/static/css/m.js", Kind::Module, "/static/"), here);
    }

    #[test]
    fn bare_module_specifiers_are_found_if_finds_bare_is_true() {
        let path = AssetPath::parse("js/app.js").unwrap();
        let referrer = Referrer { base: "/static/", path: &path, finds_bare: true };
        for bare in ["lit", "lit/a.js?x#y", "@a/b", "#x/y", ".a.js", "..", " ./m.js", "</script>"] {
            let target = resolve(bare, Kind::Module, referrer);
            assert_eq!(target, Some(Target::Bare(bare.to_owned())), "{bare:?}");
            assert!(!matches!(resolve(bare, Kind::Url, referrer), Some(Target::Bare(_))), "{bare:?}");
        }
        for other in ["", "https://esm.sh/lit", "node:fs", "data:text/javascript,1", "//host/a.js"] {
            assert_eq!(resolve(other, Kind::Module, referrer), None, "{other:?}");
        }
        let here = Some(Target::Asset("js/m.js".to_owned()));
        assert_eq!(resolve("./m.js", Kind::Module, referrer), here);
    }

    #[test]
    fn encoded_slash_is_not_a_path_separator() {
        let encoded_slash = |path: &str| Some(Target::EncodedSlash(path.to_owned()));
        assert_eq!(target("a%2Fb.png", Kind::Url, "/static/"), encoded_slash("css/a%2Fb.png"));
        assert_eq!(target("%2f.txt", Kind::Url, "/static/"), encoded_slash("css/%2F.txt"));
        assert_eq!(asset("%252F.txt"), "css/%2F.txt");
    }

    #[test]
    fn encoded_slash_in_the_base_url_is_not_a_path_separator() {
        let target = |reference| target(reference, Kind::Url, "/a%2Fb/");
        let here = Some(Target::Asset("x.png".to_owned()));
        for reference in ["/a%2Fb/x.png", "/a%2fb/x.png", "/%61%2Fb/x.png", "../x.png", "../../a%2Fb/x.png"] {
            assert_eq!(target(reference), here, "{reference}");
        }
        for elsewhere in ["/a/b/x.png", "/a%252Fb/x.png", "/a%2Fb"] {
            assert!(matches!(target(elsewhere), Some(Target::OutsideBase(_))), "{elsewhere}");
        }
        assert_eq!(target("../../a/b/x.png"), Some(Target::LeavesBase("/a/b/x.png".to_owned())));
        assert_eq!(target("../../%2F/x.png"), Some(Target::LeavesBase("/%2F/x.png".to_owned())));
        assert_eq!(target("/a%2Fb/x%2Fy.png"), Some(Target::EncodedSlash("x%2Fy.png".to_owned())));
    }
}
