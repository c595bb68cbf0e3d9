use std::{borrow::Cow, fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    error::{Error, ErrorKind},
    manifest::digest::ContentHash,
    quote::quoted,
};

/// The name of an asset: `css/app.css`.
///
/// An asset path is relative and separated by `/`, with no empty, `.` or `..` segment, no backslash, no NUL and no
/// scheme. An asset path is a file name, not a part of a URL: `%2F.txt` is the file with exactly this name.
///
/// ```
/// use fingerpost::AssetPath;
/// use fingerpost::manifest::ContentHash;
///
/// let path = AssetPath::parse("js/vendor/htmx.min.js")?;
/// let hash = ContentHash::from_content(b"...");
/// assert_eq!(path.hashed(&hash), "js/vendor/htmx.min.ab5df625bc76.js");
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct AssetPath(Box<str>);

impl AssetPath {
    /// Parses an asset path. Nothing is decoded, normalized or looked up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`](crate::ErrorKind::InvalidPath) if `text` is not a valid asset path.
    pub fn parse(text: &str) -> Result<Self, Error> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// Returns the hashed path: the hash is inserted before the last extension of the last segment, or appended to a
    /// segment without an extension.
    ///
    /// A leading dot does not start an extension.
    pub fn hashed(&self, hash: &ContentHash) -> String {
        let start = self.0.rfind('/').map_or(0, |slash| slash + 1);
        let dot = self.0[start..].rfind('.').filter(|&dot| dot > 0).map_or(self.0.len(), |dot| start + dot);
        format!("{}.{hash}{}", &self.0[..dot], &self.0[dot..])
    }

    /// Returns the asset path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for AssetPath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AssetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AssetPath> for String {
    fn from(path: AssetPath) -> Self {
        path.0.into()
    }
}

impl std::borrow::Borrow<str> for AssetPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AssetPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// The parts of a path in a template: `sprite.svg?x=1#icon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplatePath<'a> {
    /// An asset path, a path that ends in `/`, or an empty path for the base URL itself.
    pub path: &'a str,
    /// The text after the `?`.
    pub query: Option<&'a str>,
    /// The text after the `#`.
    pub fragment: Option<&'a str>,
}

impl<'a> TemplatePath<'a> {
    /// Splits `text` and rejects invalid asset paths. One leading `/` is accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let (rest, fragment) = split(text, '#');
        let (path, query) = split(rest, '?');
        if path.starts_with("//") {
            return Err(refuse(text, OTHER_HOST));
        }
        let template_path = Self { path: path.strip_prefix('/').unwrap_or(path), query, fragment };
        if path != "/" {
            check(template_path.path.strip_suffix('/').unwrap_or(template_path.path))?;
        }
        Ok(template_path)
    }

    /// Returns `true` for a directory, which has no content to hash.
    pub fn is_directory(&self) -> bool {
        self.path.is_empty() || self.path.ends_with('/')
    }

    /// Returns `true` if there is a query or a fragment.
    pub fn has_suffix(&self) -> bool {
        self.query.is_some() || self.fragment.is_some()
    }
}

/// Returns `false` if templates cannot refer to this asset, because a `?` or `#` would end the path.
pub(crate) fn is_nameable(asset_path: &str) -> bool {
    !asset_path.contains(['?', '#'])
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(head, tail)| (head, Some(tail)))
}

const OTHER_HOST: &str = "starts with `//`, which browsers resolve to another host";

fn refuse(path: &str, reason: &str) -> Error {
    Error::new(ErrorKind::InvalidPath, format_args!("path {} {reason}", quoted(path)))
}

fn check(path: &str) -> Result<(), Error> {
    if is_plain(path) {
        return Ok(());
    }
    reason_to_refuse(path).map_or(Ok(()), |reason| Err(refuse(path, &reason)))
}

/// Returns `true` for paths that are valid without further checks. Development calls this fast function for every URL.
fn is_plain(path: &str) -> bool {
    let unusual = |byte| matches!(byte, b'\0' | b'\\' | b':');
    !path.bytes().any(unusual) && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// Returns the reason why a path is not an asset path. All strategies and `collect` use this function.
fn reason_to_refuse(path: &str) -> Option<Cow<'static, str>> {
    let segments = || path.split('/');
    let without = |unwanted: &[&str]| {
        quoted(segments().filter(|segment| !unwanted.contains(segment)).collect::<Vec<_>>().join("/"))
    };
    Some(if path.is_empty() {
        "is empty".into()
    } else if path.contains('\0') {
        "contains a NUL byte".into()
    } else if path.contains('\\') {
        format!("contains a backslash; write {}", quoted(path.replace('\\', "/"))).into()
    } else if path.starts_with("//") {
        OTHER_HOST.into()
    } else if let Some(scheme) = scheme(path) {
        format!("has a scheme ({}); an asset path is relative to the asset directory", quoted(scheme)).into()
    } else if segments().any(|segment| segment == "..") {
        "leaves the asset directory".into()
    } else if segments().any(|segment| segment == ".") {
        format!("has a `.` segment; write {}", without(&[".", ""])).into()
    } else if segments().any(str::is_empty) {
        format!("has an empty segment; write {}", without(&[""])).into()
    } else {
        return None;
    })
}

/// Returns the scheme of a URL (RFC 3986 §3.1): a letter, then letters, digits, `+`, `-` and `.` up to the first colon.
/// `C:` counts as a scheme.
pub fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(path: &str) -> String {
        let message = TemplatePath::parse(path).unwrap_err().to_string();
        if !path.contains(['?', '#']) && !path.starts_with('/') {
            assert_eq!(AssetPath::parse(path).unwrap_err().to_string(), message);
        }
        message
    }

    #[test]
    fn parent_segments_are_rejected() {
        assert_eq!(refused("../secret"), "path `../secret` leaves the asset directory");
        assert_eq!(refused("css/../css/a.css"), "path `css/../css/a.css` leaves the asset directory");
        assert_eq!(refused(".."), "path `..` leaves the asset directory");
        assert_eq!(refused("/../a"), "path `../a` leaves the asset directory");
    }

    #[test]
    fn non_canonical_paths_are_rejected() {
        assert_eq!(refused("css\\app.css"), "path `css\\app.css` contains a backslash; write `css/app.css`");
        assert_eq!(refused("./css/app.css"), "path `./css/app.css` has a `.` segment; write `css/app.css`");
        assert_eq!(refused("css//app.css"), "path `css//app.css` has an empty segment; write `css/app.css`");
        assert_eq!(refused(""), "path `` is empty");
        assert_eq!(refused("#top"), "path `` is empty");
        assert_eq!(refused("a\0b"), "path `a\\0b` contains a NUL byte");
    }

    #[test]
    fn paths_with_a_host_or_scheme_are_rejected() {
        assert_eq!(
            refused("//evil.example/x.js"),
            "path `//evil.example/x.js` starts with `//`, which browsers resolve to another host"
        );
        let scheme = "an asset path is relative to the asset directory";
        assert_eq!(
            refused("javascript:x"),
            format!("path `javascript:x` has a scheme (`javascript`); {scheme}")
        );
        assert_eq!(refused("/C:/boot.ini"), format!("path `C:/boot.ini` has a scheme (`C`); {scheme}"));
    }

    #[test]
    fn query_fragment_and_one_leading_slash_are_accepted() {
        let parts = |text| {
            let template_path = TemplatePath::parse(text).unwrap();
            (template_path.path, template_path.query, template_path.fragment)
        };
        assert_eq!(parts("/a.css"), ("a.css", None, None));
        assert_eq!(parts("a.css?x=1#f"), ("a.css", Some("x=1"), Some("f")));
        assert_eq!(parts("a.svg#path/to/../../f?x"), ("a.svg", None, Some("path/to/../../f?x")));
        assert_eq!(parts("path/?q"), ("path/", Some("q"), None));
        assert_eq!(parts("/"), ("", None, None));
        assert_eq!(parts("t/12:30.png"), ("t/12:30.png", None, None));
    }

    #[test]
    fn hash_is_inserted_before_the_last_extension() {
        let hashed = |path: &str| AssetPath::parse(path).unwrap().hashed(&ContentHash::from_content(b""));
        assert_eq!(hashed("css/app.css"), "css/app.e3b0c44298fc.css");
        assert_eq!(hashed("a.tar.gz"), "a.tar.e3b0c44298fc.gz");
        assert_eq!(hashed("LICENSE"), "LICENSE.e3b0c44298fc");
        assert_eq!(hashed("x.y/z"), "x.y/z.e3b0c44298fc");
        assert_eq!(hashed("x.y/z.txt"), "x.y/z.e3b0c44298fc.txt");
        assert_eq!(hashed(".well-known/.nojekyll"), ".well-known/.nojekyll.e3b0c44298fc");
        assert_eq!(hashed("⊗.txt"), "⊗.e3b0c44298fc.txt");
    }
}
