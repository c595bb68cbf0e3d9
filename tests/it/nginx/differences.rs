/// A difference between nginx and `StaticFiles`, with the clause of RFC 9110 that justifies the response of
/// `StaticFiles`.
#[derive(Debug)]
pub(super) struct Difference {
    /// All requests with this difference. Empty if the difference may occur with any request.
    pub(super) requests: &'static [&'static str],
    /// `status`, `body` or a header.
    pub(super) part: &'static str,
    pub(super) nginx: &'static str,
    pub(super) ours: &'static str,
    pub(super) why: &'static str,
}

const fn differ(
    part: &'static str,
    nginx: &'static str,
    ours: &'static str,
    why: &'static str,
    requests: &'static [&'static str],
) -> Difference {
    Difference { requests, part, nginx, ours, why }
}

const YEAR: &str = "public, max-age=31536000, immutable";

/// The difference may occur with any request.
const ANY: &[&str] = &[];

pub(super) const DIFFERENCES: &[Difference] = &[
    differ(
        "last-modified",
        "a date",
        "-",
        "§8.8.2: a rollback sets dates back; the ETag is a reliable validator",
        ANY,
    ),
    differ("accept-ranges", "-", "bytes", "§14.3: announces range support; optional in a 206", ANY),
    differ(
        "content-type",
        "application/javascript",
        "text/javascript",
        "§8.3: RFC 9239 made `application/javascript` obsolete",
        ANY,
    ),
    differ("cache-control", "-", "no-store", "§15.1: without `no-store` a cache may store some errors", ANY),
    differ("cache-control", YEAR, "no-store", "§15.5.17: a 416 must not be cached for a year", ANY),
    differ("allow", "-", "GET, HEAD", "§15.5.6: a 405 must list the allowed methods", ANY),
    differ(
        "status",
        "404",
        "405",
        "§15.5.6: only GET and HEAD are supported, for any path",
        &["POST /static/nope.css"],
    ),
    // Paths.
    differ(
        "status",
        "404",
        "200",
        "§15.3.1: the asset path is resolved in the current release; nginx needs `--originals`",
        &["GET /static/app.css", "GET /static/%61pp.css"],
    ),
    differ(
        "status",
        "200",
        "404",
        "§15.5.5: variants, the manifest and the releases are not public",
        &[
            "GET {app.css}.gz",
            "GET /static/staticfiles.json",
            "GET /static/.fingerpost/releases/1.json",
            "GET /static/%2efingerpost/releases/1.json",
        ],
    ),
    differ("status", "301", "404", "§15.5.5: a directory is not an asset", &["GET /static/img"]),
    differ(
        "status",
        "403",
        "404",
        "§15.5.5: a directory is not an asset, and a 403 would reveal the existence of the directory",
        &["GET /static/", "GET /static/img/"],
    ),
    differ(
        "status",
        "400",
        "404",
        "§15.5.5: the path is not an asset path; no other status is needed",
        &["GET {app.css}%00", "GET /static/../../../../etc/passwd"],
    ),
    differ(
        "status",
        "200",
        "404",
        "§4.2.3: clients remove dot segments before they send a path",
        &["GET /static/..{app.css}", "GET /static/img/../..{app.css}"],
    ),
    differ(
        "status",
        "404",
        "200",
        "§4.2.3: axum removes the mount and one slash, so two slashes are equivalent to one slash",
        &["GET /static//app.css"],
    ),
    // Conditions.
    differ(
        "status",
        "400",
        "304",
        "§5.3: two fields with the same name are one list",
        &["GET {forty.txt} | If-None-Match: \"x\" | If-None-Match: {tag}"],
    ),
    differ(
        "status",
        "304",
        "200",
        "§13.1.3: a server without modification dates must ignore `If-Modified-Since`",
        &["GET {forty.txt} | If-Modified-Since: {date}"],
    ),
    differ(
        "status",
        "200",
        "304",
        "§13.1.3: `If-Modified-Since` must be ignored if `If-None-Match` is present",
        &["GET {forty.txt} | If-None-Match: {tag} | If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT"],
    ),
    differ(
        "status",
        "412",
        "200",
        "§13.1.4: `If-Unmodified-Since` must be ignored without modification dates, and if `If-Match` is present",
        &[
            "GET {forty.txt} | If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
            "GET {forty.txt} | If-Match: {tag} | If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
        ],
    ),
    differ(
        "status",
        "206",
        "200",
        "§13.1.5: `If-Range` needs a strong validator, and `StaticFiles` sends no modification dates",
        &["GET {forty.txt} | Range: bytes=0-1 | If-Range: {date}"],
    ),
    // Ranges.
    differ(
        "status",
        "416",
        "200",
        "§14.2: a malformed range may be ignored; the client gets the whole file instead of an error",
        &[
            "GET {forty.txt} | Range: bytes=15-0",
            "GET {forty.txt} | Range: bytes=a-b",
            "GET {forty.txt} | Range: bytes=+1-2",
            "GET {forty.txt} | Range: bytes=0x1-2",
            "GET {forty.txt} | Range: bytes=--3",
            "GET {forty.txt} | Range: bytes=-",
            "GET {empty.css} | Range: bytes=5-0",
        ],
    ),
    differ(
        "status",
        "206",
        "200",
        "§14.1.1: a range with spaces is malformed",
        &["GET {forty.txt} | Range: bytes= 0 - 1 "],
    ),
    differ(
        "status",
        "416",
        "206",
        "§14.1.2: a position beyond the end means the end, even if the number overflows",
        &[
            "GET {forty.txt} | Range: bytes=21-99999999999999999999999",
            "GET {forty.txt} | Range: bytes=-99999999999999999999999",
        ],
    ),
    differ(
        "status",
        "206",
        "200",
        "§14.2: a range in a HEAD request must be ignored",
        &["HEAD {forty.txt} | Range: bytes=0-13"],
    ),
    differ(
        "status",
        "416",
        "200",
        "§14.2: a range in a HEAD request must be ignored",
        &["HEAD {forty.txt} | Range: bytes=40-"],
    ),
    differ(
        "status",
        "206",
        "200",
        "§14.2: several ranges may be ignored; browsers do not request several ranges, and the responses cost more than they save",
        &[
            "GET {forty.txt} | Range: bytes=0-1,4-5",
            "GET {forty.txt} | Range: bytes=0-9,5-14",
            "GET {forty.txt} | Range: bytes=0-1,100-200",
            "GET {forty.txt} | Range: bytes=0-1 | Range: bytes=0-1",
        ],
    ),
    differ(
        "status",
        "416",
        "200",
        "§14.2: several ranges may be ignored",
        &["GET {forty.txt} | Range: bytes=100-200,300-400", "GET {forty.txt} | Range: bytes=0-1,"],
    ),
    differ(
        "status",
        "200",
        "206",
        "§14.2: ranges apply to the uncompressed file; nginx ignores ranges if it sends a variant",
        &[
            "GET {app.css} | Accept-Encoding: gzip | Range: bytes=0-9",
            "GET {app.css} | Accept-Encoding: gzip | Range: bytes=0-9 | If-Range: {css-tag}",
        ],
    ),
    differ(
        "status",
        "200",
        "416",
        "§14.2: ranges apply to the uncompressed file, and this range is beyond the end",
        &["GET {app.css} | Accept-Encoding: gzip | Range: bytes=100000-"],
    ),
    // Encodings.
    differ(
        "content-encoding",
        "-",
        "gzip",
        "§12.5.3 and §8.4.1.3: `*` and `x-gzip` accept gzip, and two fields are one list",
        &[
            "GET {app.css} | Accept-Encoding: x-gzip",
            "GET {app.css} | Accept-Encoding: *",
            "GET {app.css} | Accept-Encoding: br | Accept-Encoding: gzip",
        ],
    ),
    differ(
        "content-encoding",
        "gzip",
        "-",
        "§12.5.3: the client prefers the uncompressed file",
        &["GET {app.css} | Accept-Encoding: identity, gzip;q=0.5"],
    ),
    differ(
        "status",
        "200",
        "406",
        "§15.5.7: the client accepts none of the available encodings",
        &[
            "GET {app.css} | Accept-Encoding: identity;q=0",
            "GET {app.css} | Accept-Encoding: *;q=0",
            "GET {forty.txt} | Accept-Encoding: gzip, identity;q=0",
            "GET {forty.txt} | Accept-Encoding: *;q=0",
        ],
    ),
];
