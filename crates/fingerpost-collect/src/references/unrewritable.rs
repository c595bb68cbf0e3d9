//! Finds file names that `collect` cannot rewrite: names in SVG, HTML, web app manifests and playlists, and URLs of
//! workers, which are relative to a page. Regular expressions are sufficient, because the names only cause a warning.

use std::{ops::Range, sync::LazyLock};

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{
    raw_reference::Kind,
    resolve::{Referrer, Target, resolve},
};

/// A plain name in a file that cannot be rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unrewritable {
    /// An asset path. The asset may not exist.
    Asset(String),
    /// A file name without a directory, because the directory depends on the page.
    File(String),
}

/// A syntax that may contain names that cannot be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    /// Attributes, styles and scripts in SVG and HTML; `browserconfig.xml` has the same attributes.
    Attributes,
    /// Members of a web app manifest.
    WebManifest,
    /// Lines of an M3U8 playlist (RFC 8216, HTTP Live Streaming).
    Playlist,
    /// Calls in scripts.
    Calls,
}

impl Markup {
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        match name.rsplit_once('.')? {
            (_, "svg" | "html" | "htm" | "xhtml") | ("browserconfig", "xml") => Some(Self::Attributes),
            (_, "webmanifest") => Some(Self::WebManifest),
            (_, "m3u8") => Some(Self::Playlist),
            (_, "js" | "mjs" | "cjs") => Some(Self::Calls),
            _ => None,
        }
    }

    /// Returns all names in a file, with their spans.
    pub(crate) fn names(self, bytes: &[u8], referrer: Referrer<'_>) -> Vec<(Range<usize>, Unrewritable)> {
        let patterns = match self {
            Self::Attributes => &[&ATTRIBUTE, &STYLE, &PATH][..],
            Self::WebManifest => &[&MEMBER],
            Self::Playlist => &[&LINE],
            Self::Calls => &[],
        };
        let candidates = (self == Self::Attributes).then(|| values_in_lists(&SRCSET, &CANDIDATE, bytes));
        let named = patterns.iter().flat_map(|pattern| values(pattern, bytes));
        let named = named.chain(candidates.into_iter().flatten());
        let mut names: Vec<_> =
            named.filter_map(|(span, value)| Some((span, asset(value, referrer)?))).collect();
        if matches!(self, Self::Attributes | Self::Calls) {
            let called = values_in_lists(&CALL, &ARGUMENT, bytes);
            names.extend(called.filter_map(|(span, value)| Some((span, called_file(value, referrer)?))));
        }
        names.sort_by_key(|(span, _)| span.start);
        names.dedup_by_key(|(span, _)| span.start);
        names
    }
}

/// A quoted string without escapes, substitutions or markup.
const QUOTED: &str = r#""([^"\\${<\n]*)"|'([^'\\${<\n]*)'|`([^`\\${<\n]*)`"#;

/// `href="…"`, `xlink:href="…"` and `src="…"`, in any case and with white space around `=`, as in HTML.
static ATTRIBUTE: Pattern = LazyLock::new(|| regex(&format!(r"[\s:](?i:href|src)\s*=\s*(?:{QUOTED})")));

/// `srcset="…"` and `imagesrcset="…"`. [`CANDIDATE`] matches a URL in the value.
static SRCSET: Pattern =
    LazyLock::new(|| regex(r#"[\s:](?i:(?:image)?srcset)\s*=\s*(?:"([^"]*)"|'([^']*)')"#));
static CANDIDATE: Pattern = LazyLock::new(|| regex(r"(?:^|,)\s*([^\s,\\${<]+)"));

/// `url(…)` in styles, with or without quotes.
static STYLE: Pattern = LazyLock::new(|| regex(&format!(r#"url\(\s*(?:{QUOTED}|([^"'`)\\${{<\n]*?)\s*\))"#)));

/// Any quoted string that begins with `/`, `./` or `../`, for import maps and inline modules.
static PATH: Pattern = LazyLock::new(|| regex(r#""(\.{0,2}/[^"\\${<\n]*)"|'(\.{0,2}/[^'\\${<\n]*)'"#));

/// `"src": "…"` and `"url": "…"` of icons, screenshots and shortcuts.
static MEMBER: Pattern = LazyLock::new(|| regex(&format!(r#""(?:src|url)"\s*:\s*(?:{QUOTED})"#)));

/// Lines that do not begin with `#`, and `URI="…"` in tags.
static LINE: Pattern =
    LazyLock::new(|| regex(&format!(r#"(?m)^#.*?URI=(?:{QUOTED})|^([^#\\${{<\n][^\\${{<\n]*?)[\t\r ]*$"#)));

/// `new Worker("…")`, `new SharedWorker("…")`, `importScripts("…", "…")` and `serviceWorker.register("…")`, up to the first
/// argument that is not a string. [`ARGUMENT`] matches each string.
static CALL: Pattern = LazyLock::new(|| {
    let call = r"(?:Worker|importScripts|serviceWorker\.register)\(";
    regex(&format!(r"{call}\s*((?:(?:{QUOTED})\s*,\s*)*(?:{QUOTED}))\s*[,)]"))
});
static ARGUMENT: Pattern = LazyLock::new(|| regex(QUOTED));

type Pattern = LazyLock<Regex>;

fn regex(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("pattern is valid")
}

/// A value with its span.
type Value<'b> = (Range<usize>, &'b str);

/// Returns the first group of each match.
fn values<'b>(pattern: &'static Regex, bytes: &'b [u8]) -> impl Iterator<Item = Value<'b>> {
    pattern.captures_iter(bytes).filter_map(|captures| {
        let group = captures.iter().skip(1).flatten().next()?;
        Some((group.range(), str::from_utf8(group.as_bytes()).ok()?))
    })
}

/// Returns all values in the first group of each match of `list`.
fn values_in_lists<'b>(
    list: &'static Regex,
    value: &'static Regex,
    bytes: &'b [u8],
) -> impl Iterator<Item = Value<'b>> {
    values(list, bytes).flat_map(move |(list, text)| {
        let in_file = move |span: Range<usize>| list.start + span.start..list.start + span.end;
        values(value, text.as_bytes()).map(move |(span, value)| (in_file(span), value))
    })
}

fn asset(value: &str, referrer: Referrer<'_>) -> Option<Unrewritable> {
    let Target::Asset(path) = resolve(value, Kind::Url, referrer)? else { return None };
    Some(Unrewritable::Asset(path))
}

/// Resolves an argument of a call. Relative URLs are relative to the unknown page, so only the file name is returned.
fn called_file(value: &str, referrer: Referrer<'_>) -> Option<Unrewritable> {
    let path = match resolve(value, Kind::Url, referrer)? {
        Target::Asset(path) | Target::LeavesBase(path) | Target::EncodedSlash(path) => path,
        Target::OutsideBase(_) | Target::Bare(_) => return None,
    };
    if value.starts_with('/') {
        return Some(Unrewritable::Asset(path));
    }
    Some(Unrewritable::File(path.rsplit('/').next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use fingerpost::AssetPath;

    use super::*;

    #[track_caller]
    fn names(file: &str, text: &str) -> Vec<Unrewritable> {
        let path = AssetPath::parse(file).unwrap();
        let names = Markup::from_path(file)
            .unwrap()
            .names(text.as_bytes(), Referrer { base: "/static/", path: &path, finds_bare: false });
        assert!(names.iter().all(|(span, _)| b"\"'`,) ".contains(&text.as_bytes()[span.end])), "{names:?}");
        names.into_iter().map(|(_, plain)| plain).collect()
    }

    fn asset(path: &str) -> Unrewritable {
        Unrewritable::Asset(path.to_owned())
    }

    fn file(name: &str) -> Unrewritable {
        Unrewritable::File(name.to_owned())
    }

    #[test]
    fn file_references_in_attributes_are_found() {
        assert_eq!(names("img/a.svg", r#"<use xlink:href="b.svg#x"/>"#), [asset("img/b.svg")]);
        assert_eq!(names("img/a.SVG", r#"<image href='../c.png'/>"#), [asset("c.png")]);
        assert_eq!(
            names("a.html", r#"<link href="/static/a.css"><script src="a.js?x"></script><img src="a.js">"#),
            [asset("a.css"), asset("a.js"), asset("a.js")]
        );
    }

    #[test]
    fn html_attributes_are_found_in_every_valid_syntax() {
        let page = |text| names("p/a.html", text);
        assert_eq!(page("<A HREF='a.css'><img\nSrc = \"a.js\">"), [asset("p/a.css"), asset("p/a.js")]);
        assert_eq!(page("<img srcset='a.png, b.png 2x,\n  ../c.png 3x'>").len(), 3);
        assert_eq!(page("<link imagesrcset=\" /static/a.png 2x\">"), [asset("a.png")]);
        assert_eq!(page("<i style='background: url( a.png )'>"), [asset("p/a.png")]);
    }

    #[test]
    fn references_in_inline_styles_import_maps_and_scripts_are_found() {
        let style = "<style>a { b: url(a.png); c: url( \"b.png\" ); d: url(#x) }</style>";
        assert_eq!(names("img/a.svg", style), [asset("img/a.png"), asset("img/b.png")]);
        let map = r#"<script type="importmap">{"imports": {"a": "./js/a.js", "b/": "/static/b/", "c": "c"}}</script>"#;
        assert_eq!(names("index.html", map), [asset("js/a.js")]);
        let module = "<script type=module>import '../a.js'; import(\"./b.js\"); new Worker('w.js')</script>";
        assert_eq!(names("p/a.html", module), [asset("a.js"), asset("p/b.js"), file("w.js")]);
    }

    #[test]
    fn icons_of_web_app_manifests_are_found() {
        let manifest = r#"{"name": "src", "start_url": "/", "icons": [{"src": "icon.png", "type": "image/png"},
            {"src" :"/static/big.png"}, {"src": "https://example.com/x.png"}], "shortcuts": [{"url":"../go.html"}]}"#;
        let expected = [asset("img/icon.png"), asset("big.png"), asset("go.html")];
        assert_eq!(names("img/site.webmanifest", manifest), expected);
        for text in
            [r#""src""#, r#"{"src": 1}"#, r#"{"src": "x"#, r#"{"source": "x.png"}"#, r#"["src", "x.png"]"#]
        {
            assert_eq!(names("site.webmanifest", text), [], "{text}");
        }
    }

    #[test]
    fn segments_of_playlists_are_found() {
        let text = "#EXTM3U\r\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\"\r\n#EXTINF:9,\r\nseg 0.ts\r\n\r\n\
                    https://example.com/seg1.ts\n../low/index.m3u8";
        let path = AssetPath::parse("v/hi/a.m3u8").unwrap();
        let referrer = Referrer { base: "/static/", path: &path, finds_bare: false };
        let found = Markup::from_path(&path).unwrap().names(text.as_bytes(), referrer);
        let found: Vec<_> = found.into_iter().map(|(span, plain)| (&text[span], plain)).collect();
        let expected = [
            ("key.bin", asset("v/hi/key.bin")),
            ("seg 0.ts", asset("v/hi/seg 0.ts")),
            ("../low/index.m3u8", asset("v/low/index.m3u8")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn tiles_of_browserconfig_are_found() {
        let text = r#"<msapplication><tile><square150x150logo src="tile.png"/></tile></msapplication>"#;
        assert_eq!(names("browserconfig.xml", text), [asset("tile.png")]);
        assert!(Markup::from_path("feed.xml").is_none());
    }

    #[test]
    fn attributes_that_do_not_name_an_asset_are_skipped() {
        for text in [
            r##"<use href="#x"/>"##,
            r#"<a href="https://x/"/>"#,
            r#"<a href="/other/a.png"/>"#,
            r#"<image href="data:image/png,x"/>"#,
            r#"<a data-href="a.png"/>"#,
            r#"<a href=""/>"#,
            r#"<a href="../"/>"#,
            r#"<a href="{{ url }}"/>"#,
            r#"<a href="a.png"#,
            "href=",
            " src = ",
            " srcset=' , ,'",
            "url(",
            "url(a.png",
            "<img xsrc='a.png' mysrcset='a.png'>",
            "a.src='a.png'",
        ] {
            assert_eq!(names("img/a.svg", text), [], "{text}");
        }
    }

    #[test]
    fn workers_and_imported_scripts_are_found() {
        assert_eq!(names("a.js", "new Worker('./w.js', {type: 'module'})"), [file("w.js")]);
        assert_eq!(names("a.js", "new SharedWorker(\n`/static/js/w.js`)"), [asset("js/w.js")]);
        assert_eq!(
            names("a.js", "navigator.serviceWorker.register('/static/sw.js', {scope: '/'})"),
            [asset("sw.js")]
        );
        assert_eq!(names("a.js", "importScripts('a.js', \"x/b.js\")"), [file("a.js"), file("b.js")]);
        for text in [
            "new Worker(new URL('./w.js', import.meta.url))",
            "new Worker(x)",
            "new Worker(`${x}.js`)",
            "new Worker('https://x/w.js')",
            "new Worker('w' + '\\",
            "importScripts(",
        ] {
            let found = names("a.js", text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}
