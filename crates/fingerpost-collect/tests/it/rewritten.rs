//! Helper for tests that collect one file with references and compare the rewritten text.

use fingerpost_collect::{CollectConfig, Report, collect};

use crate::site::Site;

/// A site with one file whose text each test sets, and with other assets.
pub(crate) struct Rewritten<'a> {
    pub(crate) site: Site,
    /// The asset path of the file.
    path: &'a str,
    base_url: &'a str,
}

impl<'a> Rewritten<'a> {
    /// Creates the site. The content of each asset in `others` is the path of the asset.
    pub(crate) fn new(path: &'a str, others: &[&str]) -> Self {
        let site = Site::new(&[]);
        others.iter().for_each(|other| site.write(&format!("static/{other}"), other));
        Self { site, path, base_url: "/static/" }
    }

    pub(crate) fn base_url(self, base_url: &'a str) -> Self {
        Self { base_url, ..self }
    }

    pub(crate) fn write(&self, text: impl AsRef<[u8]>) {
        self.site.write(&format!("static/{}", self.path), text);
    }

    pub(crate) fn config(&self) -> CollectConfig {
        self.site.config().base_url(self.base_url)
    }

    /// Collects the file with this text, and compares the collected text with `expected`. In `expected`, `{css/o.css}`
    /// means the hash of `css/o.css`.
    #[track_caller]
    pub(crate) fn assert_rewritten(&self, text: &str, expected: &str) -> Report {
        self.write(text);
        let report = collect(&self.config()).unwrap_or_else(|err| panic!("{text:?}: {err}"));
        assert_eq!(self.collected(), self.with_hashes(expected).into_bytes(), "{text:?}");
        report
    }

    /// Checks that `collect` does not change this text and reports no warning.
    #[track_caller]
    pub(crate) fn assert_unchanged(&self, text: &str) {
        let report = self.assert_rewritten(text, text);
        assert_eq!(report.warnings, [], "{text:?}");
    }

    /// Returns the collected bytes of the file.
    pub(crate) fn collected(&self) -> Vec<u8> {
        self.site.tree("out").remove(&self.site.hashed(self.path)).expect("a collected file")
    }

    fn with_hashes(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, entry) in &self.site.manifest("out") {
            text = text.replace(&format!("{{{path}}}"), hash(path, &entry.hashed));
        }
        text
    }
}

/// Returns the content hash in a hashed path.
fn hash<'a>(path: &str, hashed: &'a str) -> &'a str {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    let dot = path[name..].rfind('.').filter(|dot| *dot > 0).map_or(path.len(), |dot| name + dot);
    &hashed[dot + 1..dot + 13]
}
