//! Vite's development server, which serves the source files.

use std::path::{Path, PathBuf};

use super::settings::{ViteSettings, parse_dev_server};
use crate::{
    error::Error,
    files::absolute,
    sources::SourceDir,
    url::{Url, base_url::BaseUrl, url_options::AssetUrls},
};

#[derive(Debug)]
pub(crate) struct DevServer {
    base: BaseUrl,
    /// The directory to which names of source files are relative.
    root: PathBuf,
    react: bool,
}

impl DevServer {
    /// Returns the development server in the settings, or `None` if no development server is set.
    pub(crate) fn new(settings: &ViteSettings) -> Result<Option<Self>, Error> {
        let Some(url) = &settings.dev_server else { return Ok(None) };
        let root = settings.root.clone().unwrap_or_else(|| default_root(settings.out.as_deref()));
        Ok(Some(Self { base: parse_dev_server(url)?, root: absolute(root), react: settings.react }))
    }

    /// Returns the URLs of a source file, or `None` if the file does not exist. `path` is an asset path.
    pub(crate) fn urls(&self, path: &str) -> Option<AssetUrls> {
        self.root.join(path).is_file().then(|| {
            let url = self.url(path);
            AssetUrls { url: url.clone(), absolute: url }
        })
    }

    /// Returns the URL of the script that updates the page after an edit.
    pub(crate) fn client(&self) -> Url {
        self.url("@vite/client")
    }

    /// Returns the script that must run before the entries, if React refresh is set. See Vite's backend guide.
    pub(crate) fn preamble(&self) -> Option<String> {
        let refresh = self.url("@react-refresh");
        self.react.then(|| {
            format!(
                "import RefreshRuntime from \"{refresh}\"\n\
                 RefreshRuntime.injectIntoGlobalHook(window)\n\
                 window.$RefreshReg$ = () => {{}}\n\
                 window.$RefreshSig$ = () => (type) => type\n\
                 window.__vite_plugin_react_preamble_installed__ = true"
            )
        })
    }

    fn url(&self, path: &str) -> Url {
        Url::new(&self.base, path, None)
    }

    /// Returns the directory `public` as a source directory. Vite copies the files of `public` to its output unchanged.
    pub(crate) fn public_files(&self, settings: &ViteSettings) -> Result<Option<SourceDir>, Error> {
        let public = self.root.join("public");
        public.is_dir().then(|| settings.source_at(&public)).transpose()
    }

    /// Returns Vite's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

/// Returns the nearest directory above the output of Vite that has a `package.json`, else the directory that contains the
/// output, else the working directory.
fn default_root(out: Option<&Path>) -> PathBuf {
    let Some(out) = out.map(absolute) else { return PathBuf::from(".") };
    let package = out.ancestors().skip(1).find(|dir| dir.join("package.json").is_file());
    package.or(out.parent()).unwrap_or(&out).to_owned()
}
