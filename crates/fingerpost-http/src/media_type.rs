use http::HeaderValue;

/// Types that browsers insist on, or that guesses get wrong; all else is left to `mime_guess`.
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
    ("ico", "image/x-icon"),
    ("avif", "image/avif"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("xml", "text/xml; charset=utf-8"),
    ("gz", "application/gzip"),
];

/// The `Content-Type` of a file, by its extension; text is UTF-8.
///
/// ```
/// use fingerpost_http::media_type;
///
/// assert_eq!(media_type("js/app.mjs"), "text/javascript; charset=utf-8");
/// assert_eq!(media_type("LICENSE"), "application/octet-stream");
/// ```
pub fn media_type(path: &str) -> HeaderValue {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = KNOWN.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    if let Some((_, media_type)) = known {
        return HeaderValue::from_static(media_type);
    }
    let guess = mime_guess::from_ext(extension).first_or_octet_stream();
    let charset = if guess.type_() == "text" { "; charset=utf-8" } else { "" };
    HeaderValue::try_from(format!("{guess}{charset}"))
        .unwrap_or(HeaderValue::from_static("application/octet-stream"))
}
