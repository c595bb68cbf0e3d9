//! Decodes request paths.

use std::borrow::Cow;

use fingerpost::{Assets, Token, manifest::ContentHash};
use percent_encoding::percent_decode_str;

/// Percent-decodes a request path once. The path is relative to the mount path and has no leading slash.
///
/// Returns `None` for invalid UTF-8, for an encoded slash `%2F`, which does not separate segments (RFC 3986, §2.2), and for
/// an empty segment before the end. The result may still be an invalid asset path.
pub(crate) fn asset_path(path: &str) -> Option<Cow<'_, str>> {
    if path.starts_with('/') || path.contains("//") {
        return None;
    }
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let slashes = |text: &str| text.bytes().filter(|byte| *byte == b'/').count();
    (slashes(&decoded) == slashes(path)).then_some(decoded)
}

/// Returns the encoded part of the base URL's path after the path token.
pub(crate) fn path_after_token<'a>(assets: &'a Assets, token: &Token) -> Option<&'a str> {
    let path = assets.base_url().path().strip_prefix(assets.mount_path())?;
    path.strip_prefix(token.as_str())?.strip_prefix('/')
}

/// Returns `true` if a path has the form of a hashed path, or of a file that a bundler named by its content. The hash is not
/// verified. The check only avoids reads of the output directory.
pub(crate) fn looks_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit('.').take(2).any(|part| ContentHash::parse(part).is_some()) || looks_bundled(name)
}

/// Returns `true` for `main-BRBmoGS9.js`, as Vite names files, and for `main.3f2a91bc.js`, as other bundlers do.
fn looks_bundled(name: &str) -> bool {
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    let is_hex =
        |part: &str| part.len() >= 8 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let hash = stem.len().checked_sub(9).map(|start| &stem.as_bytes()[start..]);
    stem.rsplit('.').next().is_some_and(is_hex)
        || hash.is_some_and(|hash| hash[0] == b'-' && hash[1..].iter().copied().all(is_base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_percent_decoded_once() {
        for (path, name) in [
            ("css/app.css", "css/app.css"),
            ("%E2%8A%97.txt", "⊗.txt"),
            ("%252F.txt", "%2F.txt"),
            ("a%20b", "a b"),
            ("100%", "100%"),
            ("%2e%2e/x", "../x"),
            ("x/", "x/"),
            ("", ""),
        ] {
            assert_eq!(asset_path(path).as_deref(), Some(name), "{path}");
        }
        for path in ["%FF", "css%2Fapp.css", "%2f", "..%2f..%2fetc/passwd", "/app.css", "1000//app.css", "/"]
        {
            assert_eq!(asset_path(path), None, "{path}");
        }
    }

    #[test]
    fn hash_is_recognized_before_the_last_extension_or_at_the_end() {
        for path in ["css/app.3f2a91bc0d4e.css", "LICENSE.3f2a91bc0d4e", "a.tar.3f2a91bc0d4e.gz"] {
            assert!(looks_hashed(path), "{path}");
        }
        for path in ["app.css", "app.3F2A91BC0D4E.css", "app.3f2a91b.css", "3f2a91bc0d4e/app.css", ""] {
            assert!(!looks_hashed(path), "{path}");
        }
    }

    #[test]
    fn names_of_bundlers_are_recognized() {
        for path in ["vite/assets/main-BRBmoGS9.js", "a-Gq3x_-Y1.css", "app.3f2a91bc.js", "-BRBmoGS9.js"] {
            assert!(looks_hashed(path), "{path}");
        }
        for path in [
            "BRBmoGS9.js",
            "main-BRBmoGS.js",
            "main-BRBmoGS9",
            "main-BRBmo.S9.js",
            "a-é234567.js",
            "a/main-BRBmoGS9",
        ] {
            assert!(!looks_hashed(path), "{path}");
        }
    }
}
