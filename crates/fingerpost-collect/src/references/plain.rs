//! Names of files where nothing is rewritten: in SVG and HTML, and those of workers, which are relative to a page. Found by
//! a look at the bytes alone, because nothing follows from them but a warning.

use std::ops::Range;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::{
    escapes,
    kind::Kind,
    resolve::{Place, Target, resolve},
};

/// What a file names, and keeps naming by its plain name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Plain {
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
    /// Attributes in SVG and HTML.
    Attributes,
    /// Calls in scripts.
    Calls,
}

impl Markup {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        let is = |known: &[&str]| known.iter().any(|known| extension.eq_ignore_ascii_case(known));
        match extension {
            _ if is(&["svg", "html", "htm", "xhtml"]) => Some(Self::Attributes),
            _ if is(&["js", "mjs", "cjs"]) => Some(Self::Calls),
            _ => None,
        }
    }

    /// All names in a file, and where they stand.
    pub(crate) fn names(self, bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Plain)> {
        match self {
            Self::Attributes => attributes(bytes, place),
            Self::Calls => calls(bytes, place),
        }
    }
}

/// `href="…"`, also as `xlink:href`, and `src="…"`.
fn attributes(bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Plain)> {
    let places = |name: &'static str| memmem::find_iter(bytes, name).map(|at| (at, at + name.len()));
    let is_name = |at: usize| at > 0 && (bytes[at - 1].is_ascii_whitespace() || bytes[at - 1] == b':');
    let found = places("href=").chain(places("src=")).filter(|(at, _)| is_name(*at));
    let values = found.filter_map(|(_, start)| literal(bytes, start, b"\"'"));
    let targets = values.filter_map(|(span, value)| match target(value, place)? {
        Target::Asset(path) => Some((span, Plain::Asset(path))),
        Target::Outside(_) | Target::Nowhere(_) => None,
    });
    targets.collect()
}

/// `new Worker("…")`, `new SharedWorker("…")`, `importScripts("…", "…")`.
fn calls(bytes: &[u8], place: Place<'_>) -> Vec<(Range<usize>, Plain)> {
    let mut names = Vec::new();
    let past_spaces = |at: usize| bytes.len() - bytes[at..].trim_ascii_start().len();
    for call in ["Worker(", "importScripts("] {
        for at in memmem::find_iter(bytes, call) {
            let mut argument = past_spaces(at + call.len());
            while let Some((span, value)) = literal(bytes, argument, b"\"'`") {
                let end = past_spaces(span.end + 1);
                if !matches!(bytes.get(end), Some(b',' | b')')) {
                    break;
                }
                names.extend(called(value, place).map(|plain| (span, plain)));
                argument = past_spaces(end + 1);
            }
        }
    }
    names
}

fn called(value: &str, place: Place<'_>) -> Option<Plain> {
    let (Target::Asset(path) | Target::Outside(path) | Target::Nowhere(path)) = target(value, place)?;
    if value.starts_with('/') {
        return Some(Plain::Asset(path));
    }
    Some(Plain::File(path.rsplit('/').next()?.to_owned()))
}

/// What stands between quotes, unless it needs closer reading.
fn literal<'b>(bytes: &'b [u8], at: usize, quotes: &[u8]) -> Option<(Range<usize>, &'b str)> {
    let quote = bytes.get(at).filter(|first| quotes.contains(first))?;
    let rest = &bytes[at + 1..];
    let end = memchr::memchr(*quote, &rest[..rest.len().min(LONGEST)])?;
    let value = str::from_utf8(&rest[..end]).ok()?;
    (!value.contains(['\\', '$', '{', '<', '\n'])).then_some((at + 1..at + 1 + end, value))
}

fn target(value: &str, place: Place<'_>) -> Option<Target> {
    resolve(&mut escapes::plain(value, 0), Kind::Url, place).map(|resolved| resolved.target)
}

#[cfg(test)]
mod tests {
    use fingerpost::AssetPath;

    use super::*;

    #[track_caller]
    fn names(file: &str, text: &str) -> Vec<Plain> {
        let path = AssetPath::parse(file).unwrap();
        let names = Markup::of(file).unwrap().names(text.as_bytes(), Place { base: "/static/", path: &path });
        assert!(names.iter().all(|(span, _)| matches!(text.as_bytes()[span.end], b'"' | b'\'' | b'`')));
        names.into_iter().map(|(_, plain)| plain).collect()
    }

    fn asset(path: &str) -> Plain {
        Plain::Asset(path.to_owned())
    }

    fn file(name: &str) -> Plain {
        Plain::File(name.to_owned())
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
    fn attributes_that_lead_elsewhere_are_not() {
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
        ] {
            assert_eq!(names("img/a.svg", text), [], "{text}");
        }
    }

    #[test]
    fn workers_and_imported_scripts_are_found() {
        assert_eq!(names("a.js", "new Worker('./w.js', {type: 'module'})"), [file("w.js")]);
        assert_eq!(names("a.js", "new SharedWorker(\n`/static/js/w.js`)"), [asset("js/w.js")]);
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
