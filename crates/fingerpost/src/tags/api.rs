use crate::{
    assets::Assets,
    error::Error,
    snapshot::Snapshot,
    tags::{preload_header::preload_header, render::tags},
};

/// Tags and preloads of entries.
impl Snapshot {
    /// Returns the HTML tags that load entries: scripts (`.js`, `.mjs`) and style sheets (`.css`).
    ///
    /// The tags contain each URL once, in this order:
    ///
    /// 1. `<link rel="stylesheet">` for each style sheet, and for the style sheets that a bundler split off a script;
    /// 2. `<link rel="modulepreload">` for each script that the entries import statically, directly or indirectly, so that
    ///    the browser requests all modules in parallel;
    /// 3. `<script type="module">` for each script.
    ///
    /// If an entry is the name of a source file of a bundler, such as `src/main.ts`, the order is reversed, as in the pages
    /// that Vite writes. In development, the entries of a
    /// [development server](crate::AssetsBuilder::vite_dev_server) follow `@vite/client`, which occurs once.
    ///
    /// In production, all tags have `integrity` and `crossorigin`. If the origins of the base URL and the page differ,
    /// the origin of the base URL must allow CORS. Browsers block a tampered file. There is one exception: if the
    /// response for a tampered import forbids caching, Chromium requests the import again without a check, unless the
    /// import map contains the integrity value.
    ///
    /// The imports are read from the manifest. In development, and for the strategies without a build step, only the
    /// entries have tags. These tags have no `integrity`, because the files may change after the page is rendered. For
    /// the output of Vite, the imports and style sheets of an entry also have tags.
    ///
    /// An imported module that is not a script, such as JSON, is not preloaded. An import with a query, as in `./a.js?x`, is
    /// not preloaded either.
    ///
    /// ```
    /// # let dist = tempfile::tempdir()?;
    /// # use fingerpost::{AssetPath, manifest::{Digest, FileInfo, Manifest}};
    /// # let mut manifest = Manifest::new("/static/");
    /// # let mut info = FileInfo::new(0, Digest::from_content(b""));
    /// # manifest.insert(AssetPath::parse("js/b.js")?, "js/b.e3b0c44298fc.js", info.clone());
    /// # manifest.insert(AssetPath::parse("css/app.css")?, "css/app.e3b0c44298fc.css", info.clone());
    /// # info.imports = vec![AssetPath::parse("js/b.js")?];
    /// # manifest.insert(AssetPath::parse("js/app.js")?, "js/app.e3b0c44298fc.js", info);
    /// # std::fs::write(dist.path().join("staticfiles.json"), manifest.to_json())?;
    /// let snapshot = fingerpost::Assets::production(dist.path())?.snapshot();
    /// let tags = snapshot.tags(&["js/app.js", "css/app.css"])?; // app.js imports b.js
    /// let integrity = r#"integrity="sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=""#;
    /// assert_eq!(
    ///     tags,
    ///     format!(
    ///         r#"<link rel="stylesheet" href="/static/css/app.e3b0c44298fc.css" {integrity} crossorigin>
    /// <link rel="modulepreload" href="/static/js/b.e3b0c44298fc.js" {integrity} crossorigin>
    /// <script type="module" src="/static/js/app.e3b0c44298fc.js" {integrity} crossorigin></script>"#
    ///     )
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`Assets::url`], and [`ErrorKind::NotAnEntry`](crate::ErrorKind::NotAnEntry) for an asset of another type. If
    /// the manifest of another program lacks a digest, and the published file cannot be read,
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn tags<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E, IntoIter: Clone>,
    ) -> Result<String, Error> {
        tags(&self.resolver, entries, "")
    }

    /// Returns the HTML tags as [`tags`](Self::tags) does, with a `nonce` attribute for a Content-Security-Policy.
    ///
    /// The nonce is escaped for HTML. An empty `nonce` is left out. The policy needs the nonce in `script-src` and in `style-src`.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("app.js"), "")?;
    /// let snapshot = fingerpost::Assets::dev(dir.path())?.snapshot();
    /// let tags = snapshot.tags_with_nonce(&["app.js"], "r4nd0m")?;
    /// let url = "/static/app.js?v=e3b0c44298fc";
    /// assert_eq!(tags, format!(r#"<script type="module" src="{url}" crossorigin nonce="r4nd0m"></script>"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`tags`](Self::tags).
    pub fn tags_with_nonce<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E, IntoIter: Clone>,
        nonce: &str,
    ) -> Result<String, Error> {
        tags(&self.resolver, entries, nonce)
    }

    /// Returns the value of a `Link` header that preloads all files in the [`tags`](Self::tags) of the entries.
    ///
    /// Browsers start the requests before parsing the page. Some proxies send the header early, in a response 103.
    /// The header grows with the number of modules: about 150 bytes for each URL. Proxies limit the size of headers.
    /// nginx responds with 502 to headers longer than `proxy_buffer_size`, by default 4 or 8 kB. For pages with more
    /// modules, raise this limit, or preload only some entries.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::write(dir.path().join("app.js"), "")?;
    /// let snapshot = fingerpost::Assets::dev(dir.path())?.snapshot();
    /// let link = snapshot.preload_header(&["app.js"])?;
    /// assert_eq!(link, "</static/app.js?v=e3b0c44298fc>; rel=modulepreload; crossorigin");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`tags`](Self::tags).
    pub fn preload_header<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<String, Error> {
        preload_header(&self.resolver, entries)
    }
}

/// Tags and preloads of entries.
impl Assets {
    /// Returns the HTML tags that load entries, like [`Snapshot::tags`].
    ///
    /// # Errors
    ///
    /// Same as [`Snapshot::tags`].
    pub fn tags<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E, IntoIter: Clone>,
    ) -> Result<String, Error> {
        self.with_resolver(|resolver| tags(resolver, entries, ""))
    }

    /// Returns the HTML tags that load entries, with a nonce, like [`Snapshot::tags_with_nonce`].
    ///
    /// # Errors
    ///
    /// Same as [`Snapshot::tags`].
    pub fn tags_with_nonce<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E, IntoIter: Clone>,
        nonce: &str,
    ) -> Result<String, Error> {
        self.with_resolver(|resolver| tags(resolver, entries, nonce))
    }

    /// Returns the value of a `Link` header that preloads entries, like [`Snapshot::preload_header`].
    ///
    /// # Errors
    ///
    /// Same as [`Snapshot::tags`].
    pub fn preload_header<E: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<String, Error> {
        self.with_resolver(|resolver| preload_header(resolver, entries))
    }
}
