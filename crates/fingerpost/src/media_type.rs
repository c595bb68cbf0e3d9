//! Media types by file name extension, for servers and object stores.

use std::borrow::Cow;

/// Types that browsers require, and types that are wrong in `mime_guess`.
const KNOWN: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("cjs", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("wasm", "application/wasm"),
    ("svg", "image/svg+xml"),
    // Browsers display an `.svgz` only with `Content-Encoding: gzip`, and servers send `.svgz` files without that header. Use
    // an `.svg` file, which `collect` compresses.
    ("svgz", "application/octet-stream"),
    ("ico", "image/x-icon"),
    ("cur", "image/x-icon"),
    ("avif", "image/avif"),
    ("webp", "image/webp"),
    ("ktx2", "image/ktx2"),
    ("usdz", "model/vnd.usdz+zip"),
    ("m4a", "audio/mp4"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("ts", "video/mp2t"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("gz", "application/gzip"),
    ("tgz", "application/gzip"),
    ("zst", "application/zstd"),
];

/// Returns the `Content-Type` for the extension of a file.
///
/// Text has `charset=utf-8`, except XML, which declares its encoding itself.
///
/// ```
/// use fingerpost::__private::media_type;
///
/// assert_eq!(media_type("js/app.mjs"), "text/javascript; charset=utf-8");
/// assert_eq!(media_type("LICENSE"), "application/octet-stream");
/// ```
pub fn media_type(path: &str) -> Cow<'static, str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = KNOWN.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    if let Some((_, media_type)) = known {
        return Cow::Borrowed(media_type);
    }
    let guess = mime_guess::from_ext(extension).first_or_octet_stream();
    // RFC 7303, §3: a charset here would override the XML declaration.
    let is_utf8 = guess.type_() == "text" && guess.subtype() != "xml";
    let charset = if is_utf8 { "; charset=utf-8" } else { "" };
    format!("{guess}{charset}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_type_depends_on_the_last_extension_in_any_case() {
        for (path, expected) in [
            ("css/app.3f2a91bc0d4e.css", "text/css; charset=utf-8"),
            ("A.CSS", "text/css; charset=utf-8"),
            ("app.js.map", "application/json"),
            ("archive.tar.gz", "application/gzip"),
            ("archive.tgz", "application/gzip"),
            ("archive.tar.zst", "application/zstd"),
            ("readme.txt", "text/plain; charset=utf-8"),
            ("page.html", "text/html; charset=utf-8"),
            ("page.xhtml", "application/xhtml+xml"),
            ("css.d/LICENSE", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(media_type(path), expected, "{path}");
        }
    }

    #[test]
    fn media_files_have_standard_media_types() {
        for (path, expected) in [
            ("a.svg", "image/svg+xml"),
            ("a.svgz", "application/octet-stream"),
            ("a.cur", "image/x-icon"),
            ("a.ktx2", "image/ktx2"),
            ("a.usdz", "model/vnd.usdz+zip"),
            ("a.m4a", "audio/mp4"),
            ("a.m3u8", "application/vnd.apple.mpegurl"),
            ("a.ts", "video/mp2t"),
            ("a.mp4", "video/mp4"),
            ("a.webm", "video/webm"),
            ("a.vtt", "text/vtt; charset=utf-8"),
        ] {
            assert_eq!(media_type(path), expected, "{path}");
        }
    }

    #[test]
    fn xml_types_have_no_charset_parameter() {
        for path in ["sitemap.xml", "style.xsl", "feed.rss", "feed.atom"] {
            let media_type = media_type(path);
            assert!(media_type.ends_with("xml"), "{path}: {media_type}");
        }
    }
}
