//! Names of files where nothing is rewritten: in SVG, HTML, web app manifests and playlists, and those of workers, which
//! are relative to a page. Found by a look at the bytes alone, because nothing follows from them but a warning.

use std::ops::Range;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::{
    escapes,
    raw_reference::Kind,
    resolve::{Place, Target, resolve},
};

/// What a file names, and keeps naming by its plain name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unrewritable {
    /// The asset of this path, if there is one.
    Asset(String),
    /// Some file of this name: where a relative URL leads to depends on the page.
    File(String),
}

/// A longer value is none.
const LONGEST: usize = 1000;

/// Where a file may hold such names.
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
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, extension) = name.rsplit_once('.')?;
        let is = |known: &[&str]| known.iter().any(|known| extension.eq_ignore_ascii_case(known));
        match extension {
            _ if is(&["svg", "html", "htm", "xhtml"]) => Some(Self::Attributes),
            _ if name.eq_ignore_ascii_case("browserconfig.xml") => Some(Self::Attributes),
            _ if is(&["webmanifest"]) => Some(Self::WebManifest),
            _ if is(&["m3u8"]) => Some(Self::Playlist),
            _ if is(&["js", "mjs", "cjs"]) => Some(Self::Calls),
            _ => None,
        }
    }

    /// All names in a file, and where they stand.
    pub(crate) fn names(self, bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Unrewritable)> {
        match self {
            Self::Attributes => names_in_markup(bytes, place),
            Self::WebManifest => assets(members(bytes), place),
            Self::Playlist => assets(playlist(bytes), place),
            Self::Calls => calls(bytes, place),
        }
    }
}

/// A value, and where it stands.
type Value<'b> = (Range<usize>, &'b str);

/// What SVG and HTML name: in attributes, in `url(…)`, and in import maps and scripts.
fn names_in_markup(bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Unrewritable)> {
    let mut names = assets(attributes(bytes).chain(urls(bytes)).chain(paths(bytes)), place);
    names.extend(calls(bytes, place));
    names.sort_by_key(|(span, _)| span.start);
    names.dedup_by_key(|(span, _)| span.start);
    names
}

/// The values that lead to an asset, if it is there.
fn assets<'b>(
    values: impl Iterator<Item = Value<'b>>,
    place: Place<'_>,
) -> Vec<(Range<usize>, Unrewritable)> {
    let targets = values.filter_map(|(span, value)| match target(value, place)? {
        Target::Asset(path) => Some((span, Unrewritable::Asset(path))),
        Target::LeavesBase(_) | Target::OutsideBase(_) | Target::Nowhere(_) => None,
    });
    targets.collect()
}

/// `"src": "…"` and `"url": "…"` of icons, screenshots and shortcuts.
fn members(bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let value = |at: usize| {
        let (_, name) = quoted(bytes, at, b"\"")?;
        let colon = past_spaces(bytes, at + name.len() + 2);
        let is_known = matches!(name, "src" | "url") && bytes.get(colon) == Some(&b':');
        if is_known { literal(bytes, past_spaces(bytes, colon + 1), b"\"") } else { None }
    };
    memchr::memchr_iter(b'"', bytes).filter_map(value)
}

/// Lines that are no comments, and `URI="…"` of tags.
fn playlist(bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let lines = bytes.split(|byte| *byte == b'\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len() + 1;
        Some((start, line))
    });
    lines.filter_map(|(start, line)| {
        if line.starts_with(b"#") {
            let (span, value) = literal(line, memmem::find(line, b"URI=")? + "URI=".len(), b"\"")?;
            return Some((start + span.start..start + span.end, value));
        }
        let line = line.trim_ascii_end();
        Some((start..start + line.len(), str::from_utf8(line).ok()?)).filter(is_plain)
    })
}

/// `href="…"`, also as `xlink:href`, `src="…"`, and each of `srcset="…"`; in HTML case does not count, and there may be spaces.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let values = memchr::memchr_iter(b'=', bytes).map(|equals| {
        let name = attribute(&bytes[..equals]);
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let value = || quoted(bytes, past_spaces(bytes, equals + 1), b"\"'");
        if is("href") || is("src") {
            value().filter(is_plain).into_iter().collect()
        } else if is("srcset") || is("imagesrcset") {
            value().map_or_else(Vec::new, candidates)
        } else {
            Vec::new()
        }
    });
    values.flatten()
}

/// The name at the end of a text, behind a space or a namespace; nothing, if it is part of a longer one.
fn attribute(before: &[u8]) -> &[u8] {
    const LONGEST: usize = "imagesrcset".len();
    let before = before.trim_ascii_end();
    let letters = before.iter().rev().take(LONGEST).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (before, name) = before.split_at(before.len() - letters);
    let begins = before.last().is_some_and(|last| last.is_ascii_whitespace() || *last == b':');
    if begins { name } else { &[] }
}

/// HTML, "srcset attributes": each candidate is a URL and what it is for.
fn candidates((span, value): Value<'_>) -> Vec<Value<'_>> {
    let mut found = Vec::new();
    let mut start = span.start;
    for candidate in value.split(',') {
        let url = candidate.split_ascii_whitespace().next().unwrap_or_default();
        let at = start + candidate.len() - candidate.trim_ascii_start().len();
        found.push((at..at + url.len(), url));
        start += candidate.len() + 1;
    }
    found.retain(is_plain);
    found
}

/// `url(…)` in styles, whether it is quoted or not.
fn urls(bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let value = |at: usize| {
        let at = past_spaces(bytes, at + "url(".len());
        literal(bytes, at, b"\"'").or_else(|| {
            let (span, value) = until(bytes, at, b')')?;
            let value = value.trim_ascii_end();
            Some((span.start..span.start + value.len(), value)).filter(is_plain)
        })
    };
    memmem::find_iter(bytes, "url(").filter_map(value)
}

/// All that is quoted and begins as a path does, wherever it stands: import maps and modules within a page have no other mark.
fn paths(bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let quotes = memchr::memchr2_iter(b'"', b'\'', bytes);
    let is_path = |value: &str| ["/", "./", "../"].iter().any(|start| value.starts_with(start));
    quotes.filter_map(|at| literal(bytes, at, b"\"'")).filter(move |(_, value)| is_path(value))
}

/// `new Worker("…")`, `new SharedWorker("…")`, `importScripts("…", "…")`, `serviceWorker.register("…")`.
fn calls(bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Unrewritable)> {
    let mut names = Vec::new();
    for call in ["Worker(", "importScripts(", "serviceWorker.register("] {
        for at in memmem::find_iter(bytes, call) {
            let mut argument = past_spaces(bytes, at + call.len());
            while let Some((span, value)) = literal(bytes, argument, b"\"'`") {
                let end = past_spaces(bytes, span.end + 1);
                if !matches!(bytes.get(end), Some(b',' | b')')) {
                    break;
                }
                names.extend(called(value, place).map(|plain| (span, plain)));
                argument = past_spaces(bytes, end + 1);
            }
        }
    }
    names
}

fn called(value: &str, place: Place<'_>) -> Option<Unrewritable> {
    let path = match target(value, place)? {
        Target::Asset(path) | Target::LeavesBase(path) | Target::Nowhere(path) => path,
        Target::OutsideBase(_) => return None,
    };
    if value.starts_with('/') {
        return Some(Unrewritable::Asset(path));
    }
    Some(Unrewritable::File(path.rsplit('/').next()?.to_owned()))
}

fn past_spaces(bytes: &[u8], at: usize) -> usize {
    bytes.len() - bytes[at..].trim_ascii_start().len()
}

/// What stands between quotes, unless it needs closer reading.
fn literal<'b>(bytes: &'b [u8], at: usize, quotes: &[u8]) -> Option<Value<'b>> {
    quoted(bytes, at, quotes).filter(is_plain)
}

fn quoted<'b>(bytes: &'b [u8], at: usize, quotes: &[u8]) -> Option<Value<'b>> {
    let quote = bytes.get(at).filter(|first| quotes.contains(first))?;
    until(bytes, at + 1, *quote)
}

fn until(bytes: &[u8], at: usize, end: u8) -> Option<Value<'_>> {
    let rest = &bytes[at..];
    let length = memchr::memchr(end, &rest[..rest.len().min(LONGEST)])?;
    Some((at..at + length, str::from_utf8(&rest[..length]).ok()?))
}

/// Nothing in it stands for anything else.
fn is_plain((_, value): &Value<'_>) -> bool {
    !value.contains(['\\', '$', '{', '<', '\n'])
}

/// The target of a URL without escapes of CSS or JavaScript.
pub(crate) fn target(value: &str, place: Place<'_>) -> Option<Target> {
    resolve(&mut escapes::plain(value, 0), Kind::Url, place).map(|resolved| resolved.target)
}

#[cfg(test)]
mod tests {
    use fingerpost::AssetPath;

    use super::*;

    #[track_caller]
    fn names(file: &str, text: &str) -> Vec<Unrewritable> {
        let path = AssetPath::parse(file).unwrap();
        let names =
            Markup::from_path(file).unwrap().names(text.as_bytes(), Place { base: "/static/", path: &path });
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
    fn attributes_that_name_files_are_found() {
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
        let place = Place { base: "/static/", path: &path };
        let found = Markup::from_path(&path).unwrap().names(text.as_bytes(), place);
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
