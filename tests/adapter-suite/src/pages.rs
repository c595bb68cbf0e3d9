use fingerpost::{Assets, Error};

/// A function that renders the page with this name for an asset path. Returns the complete text of an error.
///
/// [`templates`] returns the pages.
pub type Render = Box<dyn Fn(&str, &str) -> Result<String, String> + Send + Sync>;

/// The helpers that take an asset path.
const HELPERS: [&str; 3] = ["static", "static_url", "static_integrity"];

/// Returns the name and the source of each template.
///
/// `call` returns the syntax that calls a helper with the variable `path`. `tags` calls `static_tags` with the variable
/// `path` as the only entry. `tags_with_nonce` calls `static_tags` with the [`ENTRIES`](crate::ENTRIES), and with the
/// variable `path` as the nonce.
pub fn templates(call: impl Fn(&str) -> String, tags: &str, tags_with_nonce: &str) -> Vec<(String, String)> {
    let source = |Page { name, helper, .. }: Page| {
        let filter = format!("path | {helper}");
        let source = if name.contains("-filter.") { filter } else { call(helper) };
        (name, format!("{{{{ {source} }}}}"))
    };
    let others = [
        ("version.html", "app_version()"),
        ("tags.html", tags),
        ("tags.txt", tags),
        ("tags-nonce.html", tags_with_nonce),
        ("importmap.html", "static_importmap()"),
        ("importmap-nonce.html", "static_importmap(nonce=path)"),
        ("importmap-nonce.txt", "static_importmap(nonce=path)"),
    ];
    let others = others.map(|(name, source)| (name.to_owned(), format!("{{{{ {source} }}}}")));
    pages().map(source).chain(others).collect()
}

/// A template with a single helper call, such as `static.html` or `static-filter.txt`.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) helper: &'static str,
    pub(crate) is_html: bool,
}

pub(crate) fn pages() -> impl Iterator<Item = Page> {
    HELPERS.into_iter().flat_map(|helper| {
        [(".html", true), ("-filter.html", true), (".txt", false), ("-filter.txt", false)]
            .map(|(suffix, is_html)| Page { name: format!("{helper}{suffix}"), helper, is_html })
    })
}

impl Page {
    pub(crate) fn is_integrity(&self) -> bool {
        self.helper == "static_integrity"
    }

    /// Returns the value that the helper must render.
    pub(crate) fn expected(&self, assets: &Assets, path: &str) -> Result<String, Error> {
        match self.helper {
            "static" => assets.url(path).map(|url| url.to_string()),
            "static_url" => assets.absolute_url(path).map(|url| url.to_string()),
            _ => assets.integrity(path),
        }
    }
}
