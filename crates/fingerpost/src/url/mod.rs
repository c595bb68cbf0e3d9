//! URLs: a base URL followed by an asset path.

pub(crate) mod asset_path;
pub(crate) mod base_url;
pub(crate) mod url_options;

use std::{borrow::Cow, fmt, ops::Deref, sync::Arc};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::url::{asset_path::TemplatePath, base_url::BaseUrl};

/// The URL of an asset, to be written into a page. Cheap to clone; derefs to `str`.
///
/// A URL is percent-encoded, without white space and without `< > " ' ( )`. A URL contains `&` only if the author wrote
/// a query or fragment with `&`. HTML escaping does not change a URL without `&`.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let static_dir = site.path();
/// # std::fs::create_dir(static_dir.join("css"))?;
/// # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
/// let assets = fingerpost::Assets::dev(static_dir)?;
/// let url = assets.url("css/app.css")?;
/// assert!(url.starts_with("/static/css/app.css?v="));
/// assert!(url.is_html_inert());
///
/// assert!(!assets.url("css/app.css?theme=dark&dense")?.is_html_inert());
/// assert!(!assets.url("css/app.css#line=3&column=5")?.is_html_inert());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url(Arc<str>);

/// The characters that are percent-encoded in a path. RFC 3986 §3.3 allows `& ' ( ) ; =`, but these characters have a
/// meaning in HTML, CSS or JavaScript. RFC 3986 does not allow the other characters.
const PATH: &AsciiSet = &controls_and(b" \"#%&'();<=>?[\\]^`{|}");

/// The characters that are percent-encoded in a query and in a fragment.
///
/// An `&` is not encoded, because `&` separates parameters in a query, and in a fragment such as `#page=3&zoom=150`.
/// Parentheses are encoded, because a `)` ends an unquoted `url()` in CSS. Chromium (tested with version 156) decodes
/// the parentheses of `#svgView(viewBox(0,0,9,9))`.
const SUFFIX: &AsciiSet = &controls_and(b" \"'()<>\\^`{|}");

const fn controls_and(characters: &[u8]) -> AsciiSet {
    let (mut set, mut i) = (CONTROLS.add(characters[0]), 1);
    while i < characters.len() {
        set = set.add(characters[i]);
        i += 1;
    }
    set
}

impl Url {
    /// Joins `base`, the percent-encoded `path`, and `version` as the query parameter `v`.
    pub(crate) fn new(base: &BaseUrl, path: &str, version: Option<&str>) -> Self {
        let mut text = String::with_capacity(base.as_str().len() + path.len() + 16);
        text.push_str(base.as_str());
        text.extend(utf8_percent_encode(path, PATH));
        if let Some(version) = version {
            text.push_str("?v=");
            text.push_str(version);
        }
        Self(text.into())
    }

    /// Returns the URL with scheme and host in front.
    pub(crate) fn with_origin(&self, origin: &str) -> Self {
        Self(format!("{origin}{self}").into())
    }

    /// Returns the URL with the author's query and fragment. The version is the last parameter of the query, and is
    /// omitted if the author set a `v`.
    pub(crate) fn with_suffix(&self, template_path: &TemplatePath<'_>) -> Self {
        let TemplatePath { query, fragment, .. } = *template_path;
        let (path, version) = self.0.split_once('?').map_or((&*self.0, None), |(path, v)| (path, Some(v)));
        let mut text = path.to_owned();
        if let Some(query) = query {
            text.push('?');
            push_encoded(&mut text, query);
        }
        let has_version = query.is_some_and(|query| query_versions(query).next().is_some());
        if let Some(version) = version.filter(|_| !has_version) {
            // An empty query needs no separator: `a.css?` becomes `a.css?v=…`.
            text.push_str(query.map_or("?", |query| if query.is_empty() { "" } else { "&" }));
            text.push_str(version);
        }
        if let Some(fragment) = fragment {
            text.push('#');
            push_encoded(&mut text, fragment);
        }
        Self(text.into())
    }

    /// Returns the URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if HTML escaping would not change this URL.
    ///
    /// Returns `false` only if the template added a query or a fragment that contains `&`. The template engine must
    /// then escape the URL.
    pub fn is_html_inert(&self) -> bool {
        !self.0.contains('&')
    }
}

/// Returns the decoded values of all parameters `v` of a query, including empty values.
///
/// ```
/// use fingerpost::__private::query_versions;
///
/// assert!(query_versions("x=1&v=a%2Bb&%76").eq([&b"a+b"[..], b""]));
/// assert_eq!(query_versions("rev=1&V=2&vv=3&x=v=4&").count(), 0);
/// ```
pub fn query_versions(query: &str) -> impl Iterator<Item = Cow<'_, [u8]>> {
    query.split('&').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        // Names are compared decoded, because a cache may treat `%76` and `v` alike.
        percent_decode_str(name).eq(*b"v").then(|| percent_decode_str(value).into())
    })
}

/// Appends a query or a fragment, percent-encoded. An escape such as `%41` is preserved; any other `%` is encoded.
fn push_encoded(out: &mut String, text: &str) {
    let mut pieces = text.split('%');
    out.extend(utf8_percent_encode(pieces.next().unwrap_or_default(), SUFFIX));
    for piece in pieces {
        let is_escape = piece.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        out.push_str(if is_escape { "%" } else { "%25" });
        out.extend(utf8_percent_encode(piece, SUFFIX));
    }
}

impl Deref for Url {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Url {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl PartialEq<str> for Url {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Url {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn versioned(template_path: &str) -> String {
        let template_path = TemplatePath::parse(template_path).unwrap();
        Url::new(&BaseUrl::default(), template_path.path, Some("H")).with_suffix(&template_path).to_string()
    }

    #[test]
    fn version_is_the_last_query_parameter_before_the_fragment() {
        assert_eq!(versioned("a.css"), "/static/a.css?v=H");
        assert_eq!(versioned("a.css?x=1#f"), "/static/a.css?x=1&v=H#f");
        assert_eq!(versioned("a.css?#iefix"), "/static/a.css?v=H#iefix");
        assert_eq!(versioned("a.css#f?x"), "/static/a.css?v=H#f?x");
    }

    #[test]
    fn parameters_in_a_fragment_are_preserved() {
        for fragment in ["page=3&zoom=150", "t=10,20&track=a", "svgView%28viewBox%280,0,9,9%29%29", "a%26b"] {
            assert_eq!(versioned(&format!("a.pdf#{fragment}")), format!("/static/a.pdf?v=H#{fragment}"));
        }
    }

    #[test]
    fn version_parameter_of_the_author_is_preserved() {
        assert_eq!(versioned("a.css?v=3"), "/static/a.css?v=3");
        assert_eq!(versioned("a.css?x=1&v#f"), "/static/a.css?x=1&v#f");
        assert_eq!(versioned("a.css?%76=3"), "/static/a.css?%76=3");
        assert_eq!(versioned("a.css?vv=3&xv=1"), "/static/a.css?vv=3&xv=1&v=H");
    }

    #[test]
    fn names_are_percent_encoded_once() {
        assert_eq!(versioned("%2F.txt"), "/static/%252F.txt?v=H");
        assert_eq!(versioned("⊗.txt"), "/static/%E2%8A%97.txt?v=H");
        assert_eq!(
            versioned("b c(1)'&\"<>@2x+a,b;c=d.png"),
            "/static/b%20c%281%29%27%26%22%3C%3E@2x+a,b%3Bc%3Dd.png?v=H"
        );
    }

    #[test]
    fn existing_percent_escapes_in_query_and_fragment_are_preserved() {
        assert_eq!(versioned("a?q=%41%zz%4\"é#%20'&"), "/static/a?q=%41%25zz%254%22%C3%A9&v=H#%20%27&");
    }

    #[test]
    fn parentheses_are_encoded_for_unquoted_css_urls() {
        let template_path = "a).svg?b)#);background:url(//evil.example/x";
        assert_eq!(
            versioned(template_path),
            "/static/a%29.svg?b%29&v=H#%29;background:url%28//evil.example/x"
        );
        assert_eq!(
            versioned("a.svg#svgView(viewBox(0,0,9,9))"),
            "/static/a.svg?v=H#svgView%28viewBox%280,0,9,9%29%29"
        );
    }

    #[test]
    fn only_an_ampersand_after_the_path_needs_html_escaping() {
        let inert = |text: &str| {
            let template_path = TemplatePath::parse(text).unwrap();
            Url::new(&BaseUrl::default(), template_path.path, None)
                .with_suffix(&template_path)
                .is_html_inert()
        };
        assert!(inert("a&b\"'<>.css?x='<\">#\"<>'"));
        assert!(!inert("a.pdf#page=3&zoom=150"));
        assert!(!inert("a.css?x=1&y=2"));
    }
}
