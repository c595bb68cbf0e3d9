//! The element `<script type="importmap">`.

use crate::{error::Error, snapshot::Snapshot};

impl Snapshot {
    /// Returns the import map as `<script type="importmap">…</script>`, or an empty text without an import map.
    ///
    /// Write the map before all other tags: browsers without support for several maps ignore a map after the first module. The
    /// page [`import_maps`](crate::import_maps) describes the settings and the Content-Security-Policy.
    /// In production, the map has the hashed URLs and integrity values of the files, and is made once per release. In
    /// development, the map is made from the current files at each call.
    ///
    /// [`AssetsBuilder::import`](crate::AssetsBuilder::import) and
    /// [`AssetsBuilder::import_modules`](crate::AssetsBuilder::import_modules) add names and modules. The table `[importmap]`
    /// of a settings file does the same.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::create_dir(dir.path().join("vendor"))?;
    /// # std::fs::write(dir.path().join("vendor/htmx.esm.js"), "body{}")?;
    /// use fingerpost::{Assets, Mode};
    ///
    /// let assets = Assets::builder().source(dir.path()).mode(Mode::Dev).import("x/", "vendor/").build()?;
    /// assert_eq!(
    ///     assets.snapshot().importmap()?,
    ///     r#"<script type="importmap">{"imports":{"#.to_owned()
    ///         + r#""/static/vendor/htmx.esm.js":"/static/vendor/htmx.esm.js?v=7c98040a5416","#
    ///         + r#""x/":"/static/vendor/","x/htmx.esm.js":"/static/vendor/htmx.esm.js?v=7c98040a5416"}}</script>"#
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`url`](Self::url), for the first name whose asset is unknown or cannot be read.
    pub fn importmap(&self) -> Result<String, Error> {
        self.importmap_with_nonce("")
    }

    /// Returns the import map like [`importmap`](Self::importmap), with a `nonce` for the Content-Security-Policy of the page.
    ///
    /// `nonce` is escaped. An empty `nonce` is left out.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.js"), "body{}")?;
    /// # let builder = fingerpost::Assets::builder().source(dir.path()).mode(fingerpost::Mode::Dev);
    /// let snapshot = builder.import("a", "a.js").build()?.snapshot();
    /// let map = snapshot.importmap_with_nonce("rAnd0m")?;
    /// assert!(map.starts_with(r#"<script type="importmap" nonce="rAnd0m">{"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`importmap`](Self::importmap).
    pub fn importmap_with_nonce(&self, nonce: &str) -> Result<String, Error> {
        let element = self.resolver.import_map_element()?;
        Ok(element.map_or_else(String::new, |element| element.tag.with_nonce(nonce)))
    }

    /// Returns the hash of the import map for a `Content-Security-Policy` without nonces, in single quotes: `'sha256-…'`.
    /// Returns `None` without an import map.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("a.js"), "body{}")?;
    /// # let builder = fingerpost::Assets::builder().source(dir.path()).mode(fingerpost::Mode::Dev);
    /// let snapshot = builder.import("a", "a.js").build()?.snapshot();
    /// let hash = snapshot.importmap_csp_hash()?.unwrap_or_default();
    /// assert!(hash.starts_with("'sha256-"));
    /// let policy = format!("script-src 'self' {hash}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`importmap`](Self::importmap).
    pub fn importmap_csp_hash(&self) -> Result<Option<String>, Error> {
        Ok(self.resolver.import_map_element()?.map(|element| element.csp_hash.clone()))
    }
}
