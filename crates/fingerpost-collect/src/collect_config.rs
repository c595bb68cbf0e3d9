use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use fingerpost::{
    __private::{Clock, ImportMap, Severity, is_url, quoted},
    BaseUrl, Settings, VersionSettings,
    sources::{SourceDir, Sources},
};

use crate::{
    compression::Compression,
    compression_settings::CompressionSettings,
    diagnostics::{EVERYWHERE, Error, Problem, Rule, RuleSeverities, both},
    output::OutputOptions,
    pack::check_place,
    prehashed::Prehashed,
    settings_tables::{CollectSettings, Tables},
};

/// Settings of [`collect`](crate::collect).
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let (source, vendor, out) = (site.path().join("static"), site.path().join("vendor"), site.path().join("dist"));
/// # std::fs::create_dir(&source)?;
/// # std::fs::create_dir(&vendor)?;
/// # std::fs::write(vendor.join("htmx.js"), "/* htmx */")?;
/// use fingerpost_collect::{CollectConfig, collect};
///
/// let config = CollectConfig::new(&out)
///     .source(&source)
///     .source_at("vendor", &vendor)
///     .base_url("https://cdn.example.com/static/")
///     .ignore(["*.psd", "drafts/**"]);
/// let report = collect(&config)?;
/// assert_eq!(report.files, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `collect`"]
pub struct CollectConfig {
    settings: Settings,
    tables: Tables,
    base_url: Option<String>,
    sources: Vec<Result<SourceDir, fingerpost::Error>>,
    /// The options for the output directory, except `fsync`, which is in `tables`.
    writing: OutputOptions,
}

impl CollectConfig {
    /// Creates settings for the output directory `out`, which is created if it does not exist.
    pub fn new(out: impl AsRef<Path>) -> Self {
        let mut settings = Settings::default();
        settings.out = Some(out.as_ref().to_owned());
        Self::from_settings(settings)
    }

    /// Starts from the settings of a `fingerpost.toml`. Methods override these settings or add to lists. Added source
    /// directories replace the source directories of the file.
    ///
    /// In addition to the [settings of a site](Settings), `collect` reads the table `[collect]`. Every key is optional:
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let file = site.path().join("fingerpost.toml");
    /// # std::fs::create_dir(site.path().join("static"))?;
    /// # std::fs::create_dir(site.path().join("previous"))?;
    /// # let top = "sources = ['static']\nout = 'dist/static'\n";
    /// # std::fs::write(&file, top.to_owned() + r#"
    /// [collect]
    /// compress = ["gzip"]                 # encodings of the variants; also "br", "zstd", "dcz"; a level is optional ("br:11")
    /// compress-maps = ["gzip"]            # encodings for source maps; defaults to gzip if `compress` has gzip
    /// delta-versions = 3                  # maximum number of earlier versions from which "dcz" makes deltas
    /// originals = false                   # write the plain names too
    /// keep-from = "previous"              # import the releases of an earlier output directory, or of an earlier pack
    /// pack = "dist/static.tar"            # write the output directory as one tar file, for `embed!`
    /// fsync = false                       # sync every file to disk, not only the release and the manifest
    /// prehashed = ["vendor/dist/**"]      # files that another tool named by their content
    ///
    /// [collect.rules]
    /// missing = "error"                   # or "warn", "ignore": references to a file that does not exist
    /// missing-map = "warn"                # source map comments that refer to a file that does not exist
    /// leaves-base = "error"               # relative references that leave the base URL
    /// outside-base = "warn"               # absolute references outside of the base URL to a file of a source directory
    /// syntax = "warn"                     # scripts that cannot be parsed; their references are not rewritten
    /// unsupported = "error"               # references that this build cannot rewrite
    /// bare = "warn"                       # bare specifiers that `[importmap]` does not define; ignored without `[importmap]`
    /// shadowed = "ignore"                 # files shadowed by a file of an earlier source directory
    ///
    /// [collect.rules."vendor/**"]         # severities for some files; the longest matching glob applies
    /// missing = "ignore"
    /// # "#)?;
    /// # use fingerpost_collect::{CollectConfig, Rule, Severity, collect};
    /// # let config = CollectConfig::from_settings(fingerpost::Settings::read(&file)?);
    /// # assert!(config.severity_overrides().eq([("vendor/**", Rule::Missing, Severity::Ignore)]));
    /// # collect(&config)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`collect`](crate::collect) reports errors in the table.
    pub fn from_settings(settings: Settings) -> Self {
        let tables = Tables::read(&settings);
        Self { settings, tables, ..Self::default() }
    }

    /// Adds a source directory. If several directories have the same file, the first directory takes precedence.
    pub fn source(mut self, dir: impl AsRef<Path>) -> Self {
        self.sources.push(Ok(SourceDir::new(dir.as_ref())));
        self
    }

    /// Adds a source directory whose asset paths get a prefix: `source_at("vendor", "node_modules/htmx.org/dist")` adds
    /// `vendor/htmx.js`.
    pub fn source_at(mut self, prefix: &str, dir: impl AsRef<Path>) -> Self {
        self.sources.push(SourceDir::with_prefix(prefix, dir.as_ref()));
        self
    }

    /// Adds the output of Vite: the directory that `vite build` writes to, with `.vite/manifest.json`.
    ///
    /// Files in the manifest of Vite are [prehashed](Self::prehashed). All other files, such as source maps and the copies
    /// of `public/`, are ordinary assets. The asset paths start with `vite/`. The key `prefix` of the table `[vite]` in a
    /// settings file sets another prefix. The manifest of `collect` then contains the names of the source files, such as
    /// `src/main.ts`, for `static_tags` and `static`.
    pub fn vite(mut self, out: impl AsRef<Path>) -> Self {
        self.settings.bundles.vite.out = Some(out.as_ref().to_owned());
        self
    }

    /// Sets the base URL of all assets: a path or an `http(s)` URL. The manifest contains only the path of the URL.
    ///
    /// Defaults to `FINGERPOST_BASE_URL`, then to the settings file, then to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Adds globs of files to ignore, in addition to hidden files. See
    /// [`IgnoreRules::new`](fingerpost::sources::IgnoreRules::new) for the syntax.
    pub fn ignore(mut self, globs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.ignore.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Sets whether files and directories whose names start with a dot are collected.
    ///
    /// Defaults to `false`. `.well-known` is always collected.
    pub fn hidden(mut self, yes: bool) -> Self {
        self.settings.hidden = yes;
        self
    }

    /// Sets whether symlinks may point outside of their source directory.
    ///
    /// Defaults to `false`: a symlink to a path outside of its source directory is an error. All other symlinks are followed,
    /// and loops are detected.
    pub fn follow_symlinks(mut self, yes: bool) -> Self {
        self.settings.follow_symlinks = yes;
        self
    }

    /// Sets whether assets are written under their plain names too, for a server that does not read the manifest.
    ///
    /// Defaults to `false`.
    pub fn originals(mut self, yes: bool) -> Self {
        self.tables.collect.originals = yes;
        self
    }

    /// Sets the compressed variants to create: `gzip`, `br`, `zstd` or `dcz`, each with a level (`br:11`) or its
    /// [default level](fingerpost::manifest::Encoding::default_level).
    ///
    /// `dcz` creates deltas: variants that encode a file as the difference to an earlier version, for browsers that have the
    /// earlier version. See [`delta_versions`](Self::delta_versions).
    ///
    /// Defaults to no variants. A variant is published only if it is at least 5 % smaller than the file. Files below 100
    /// bytes and files of compressed formats, such as PNG, WOFF2 and ZIP, have no variants. By default, source maps are
    /// compressed only with gzip; see [`compress_maps`](Self::compress_maps). With [`originals`](Self::originals), plain
    /// names have the same variants, for servers such as nginx (`gzip_static`).
    ///
    /// `br` requires the feature `brotli` of this crate, and `zstd` and `dcz` the feature `zstd`.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::write(site.path().join("app.css"), "body { color: red }\n".repeat(100))?;
    /// # let out = tempfile::tempdir()?;
    /// use fingerpost_collect::{CollectConfig, collect};
    ///
    /// let config = CollectConfig::new(out.path()).source(site.path()).compress(["gzip:6"]);
    /// let (first, second) = (collect(&config)?, collect(&config)?);
    /// assert_eq!((first.compressed, second.compressed), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compress(mut self, list: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.tables.collect.compress = Some(Compression::list(list));
        self
    }

    /// Sets the compressed variants of source maps (`.map`).
    ///
    /// Defaults to gzip if [`compress`](Self::compress) has gzip. On many sites, source maps are half of all bytes, and only
    /// developers load source maps.
    pub fn compress_maps(mut self, list: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.tables.collect.compress_maps = Some(Compression::list(list));
        self
    }

    /// Sets the maximum number of earlier versions of an asset from which deltas are made, if [`compress`](Self::compress)
    /// has `dcz`.
    ///
    /// Defaults to 3. Deltas are made from the newest distinct versions in the retained releases. A delta is published only
    /// if the delta has at most 80 % of the length of the smallest other variant. All browsers with the encoding must be
    /// able to decode the delta, so the file must be shorter than 8 MiB, or shorter than 1.25 times the earlier version and
    /// 128 MiB. The deltas of a file never change after the file is published.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let (source, out) = (site.path().join("static"), site.path().join("dist"));
    /// # std::fs::create_dir(&source)?;
    /// # let rules = |n: u32| (0..n).map(|n| format!(".c{n} {{ order: {} }}\n", n * n)).collect::<String>();
    /// use fingerpost::DirStore;
    /// use fingerpost_collect::{CollectConfig, collect, releases};
    ///
    /// # #[cfg(feature = "zstd")]
    /// for rules in [rules(1000), rules(1001)] {
    ///     std::fs::write(source.join("app.css"), rules)?;
    ///     collect(&CollectConfig::new(&out).source(&source).compress(["gzip", "dcz"]))?;
    /// }
    /// # #[cfg(feature = "zstd")] {
    /// let newest = &releases(&DirStore::new(&out))?.releases[0];
    /// assert!(newest.first_download.unwrap() > 4_000);
    /// assert!(newest.changes.as_ref().unwrap().download.unwrap() < 100);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delta_versions(mut self, count: usize) -> Self {
        self.tables.collect.delta_versions = Some(count);
        self
    }

    /// Imports the releases and files of an earlier output directory or [`pack`](Self::pack), such as the output directory
    /// in the previous container image.
    ///
    /// Pages that were rendered before the deploy can then still load their files. The numbers of the releases do not
    /// change. A release that the output directory already has is skipped. If the output directory has no manifest, the
    /// manifest of `dir` counts as replaced by this run. Missing and damaged files are skipped with a warning. `dir` may be
    /// empty, but files without a manifest are an error.
    ///
    /// The program `fingerpost` also accepts the URL of a bucket, as an argument and as `keep-from` in the table
    /// `[collect]`. For `collect`, the URL of a bucket is an error.
    pub fn keep_from(mut self, dir: impl AsRef<Path>) -> Self {
        self.tables.collect.keep_from = Some(dir.as_ref().to_owned());
        self
    }

    /// Also writes the output directory to the file `pack`, as one tar file: the current and the retained releases, with all
    /// variants.
    ///
    /// [`embed!`](fingerpost::embed) includes a pack in a program, and [`keep_from`](Self::keep_from) reads the pack of the
    /// previous deploy. Equal output directories have equal packs: a pack records no times and no owners. A pack that would
    /// not change is not written.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let (source, out, pack) = (site.path().join("static"), site.path().join("dist"), site.path().join("static.tar"));
    /// # std::fs::create_dir(&source)?;
    /// # std::fs::write(source.join("app.css"), "body{}")?;
    /// use fingerpost::{Store as _, manifest::TarStore};
    /// use fingerpost_collect::{CollectConfig, collect};
    ///
    /// let config = CollectConfig::new(&out).source(&source).pack(&pack);
    /// assert!(collect(&config)?.pack.unwrap().written);
    /// assert!(!collect(&config)?.pack.unwrap().written);
    /// assert_eq!(TarStore::from_file(&pack).read("app.7c98040a5416.css")?, b"body{}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pack(mut self, pack: impl AsRef<Path>) -> Self {
        self.tables.collect.pack = Some(pack.as_ref().to_owned());
        self
    }

    /// Adds globs of files that another tool named by their content, such as the output of a bundler.
    ///
    /// A prehashed file keeps its name and its bytes: `collect` checks the references in the file, and does not rewrite
    /// them. `StaticFiles` serves the file as `immutable`. If a retained release has a file with the same name and other
    /// bytes, the run fails. Source maps are never prehashed. Globs have the syntax of [`ignore`](Self::ignore).
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::create_dir(site.path().join("dist"))?;
    /// # std::fs::write(site.path().join("dist/app-BRBmoGS9.css"), "body{}")?;
    /// # let out = tempfile::tempdir()?;
    /// use fingerpost_collect::{CollectConfig, collect};
    ///
    /// collect(&CollectConfig::new(out.path()).source(site.path()).prehashed(["dist/**"]))?;
    /// assert!(out.path().join("dist/app-BRBmoGS9.css").exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prehashed(mut self, globs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tables.collect.prehashed.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Sets whether every file is synced to disk.
    ///
    /// Defaults to `false`: only the release and the manifest are synced. After a power cut, the next run detects files that
    /// are too short, and writes these files again.
    pub fn fsync(mut self, yes: bool) -> Self {
        self.tables.collect.fsync = yes;
        self
    }

    /// Sets whether to wait while another run holds the lock of the output directory.
    ///
    /// Defaults to `true`. With `false`, a held lock is an error of kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.writing.no_wait = !yes;
        self
    }

    /// Sets whether the run only reports the changes and writes nothing.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.writing.dry_run = yes;
        self
    }

    /// Sets whether every published file is read and compared with its digest, even if the stamp of the file is unchanged.
    ///
    /// Defaults to `false`: a file is read only if its length, times or inode have changed since the last run, as in a copy of
    /// the output directory. With `true`, the files of earlier releases are also read. Damaged files of earlier releases are
    /// copied from [`keep_from`](Self::keep_from), or reported as warnings.
    ///
    /// In both cases, damaged or missing files of the current manifest are written again, with all variants.
    /// [`Report::repaired`](crate::Report::repaired) counts the damaged files that were written again.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::write(site.path().join("app.css"), "body{}")?;
    /// # let out = tempfile::tempdir()?;
    /// use fingerpost_collect::{CollectConfig, collect};
    ///
    /// let config = CollectConfig::new(out.path()).source(site.path());
    /// collect(&config)?;
    /// std::fs::write(out.path().join("app.7c98040a5416.css"), "BODY{}")?;
    /// let report = collect(&config.verify(true))?;
    /// assert_eq!((report.verified, report.repaired), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(mut self, yes: bool) -> Self {
        self.writing.verify = yes;
        self
    }

    /// Sets the clock that file times are compared with, for tests.
    ///
    /// Defaults to the system clock.
    #[doc(hidden)]
    pub fn clock(mut self, now: fn() -> SystemTime) -> Self {
        self.writing.clock = Clock { now };
        self
    }

    /// Adds a name to the import map, which the manifest stores for pages. A `name` that ends in `/` is mapped to a directory.
    ///
    /// For such a directory, the manifest also contains each module that a script imports by a constant specifier. The map
    /// of a page then contains the hashed URL of the module. An unknown asset is an error. See
    /// [`AssetsBuilder::import`](fingerpost::AssetsBuilder::import).
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::write(site.path().join("htmx.esm.js"), "body{}")?;
    /// # let out = tempfile::tempdir()?;
    /// use fingerpost_collect::{CollectConfig, collect};
    ///
    /// collect(&CollectConfig::new(out.path()).source(site.path()).import("htmx", "htmx.esm.js"))?;
    /// let map = fingerpost::Assets::production(out.path())?.snapshot().importmap()?;
    /// assert!(map.contains(r#""htmx":"/static/htmx.esm.7c98040a5416.js""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import(mut self, name: impl Into<String>, path: impl Into<String>) -> Self {
        self.settings.imports.insert(name.into(), path.into());
        self
    }

    /// Sets the severity of a rule for all files without a [`severity_override`](Self::severity_override).
    ///
    /// See [`Rule`] for the defaults. [`Report::shadowed`](crate::Report::shadowed) lists shadowed files at every severity.
    pub fn severity(self, rule: Rule, severity: Severity) -> Self {
        self.severity_override(EVERYWHERE, rule, severity)
    }

    /// Sets the severity of a rule for the files that a glob matches. For [`Rule::Shadowed`], the glob matches the shadowed
    /// files.
    ///
    /// Globs have the syntax of [`ignore`](Self::ignore). If several globs match, the longest glob applies.
    pub fn severity_override(mut self, glob: impl Into<String>, rule: Rule, severity: Severity) -> Self {
        self.tables.collect.rules.entry(glob.into()).or_default().insert(rule, severity);
        self
    }

    /// Returns the glob, the rule and the severity of every [`severity_override`](Self::severity_override), including the
    /// overrides of the settings file.
    pub fn severity_overrides(&self) -> impl Iterator<Item = (&str, Rule, Severity)> {
        let by_glob = self.tables.collect.rules.iter().filter(|(glob, _)| *glob != EVERYWHERE);
        by_glob.flat_map(|(glob, severities)| {
            severities.iter().map(|(rule, severity)| (&**glob, *rule, *severity))
        })
    }

    /// Checks all settings, and returns the settings of the run.
    pub(crate) fn options(&self) -> Result<RunOptions, Error> {
        let dirs = both(output_dir(&self.settings), self.earlier());
        let settings = both(both(dirs, self.base()), both(self.severities(), self.compression()));
        // If Vite has not built anything, the error for the missing manifest has better advice than the error for the
        // directory.
        let sources = self.prehashed_files().and_then(|prehashed| Ok((self.open_sources()?, prehashed)));
        let sources = both(sources, self.import_map());
        let checked = both(self.tables.check(), both(settings, sources))?;
        let ((), ((((out, keep_from), base), (severities, compress)), ((sources, prehashed), import_map))) =
            checked;
        let pack = self.tables.collect.pack.as_deref().map(|pack| absolute(pack, "the pack")).transpose()?;
        pack.as_deref().map_or(Ok(()), |pack| check_place(pack, &out, &sources))?;
        Ok(RunOptions {
            sources,
            out,
            base,
            originals: self.tables.collect.originals,
            prehashed,
            vite_prefix: self.settings.bundles.vite_prefix(),
            finds_bare: !import_map.is_empty() || severities.may_report(Rule::Bare),
            import_map,
            compress,
            delta_versions: self.tables.collect.delta_versions.unwrap_or(DELTA_VERSIONS),
            keep_from,
            pack,
            severities,
            version: self.settings.version.clone(),
            writing: OutputOptions { fsync: self.tables.collect.fsync, ..self.writing },
        })
    }

    /// Returns the source directories, the base URL and the severities of the rules.
    pub(crate) fn sources(&self) -> Result<((Sources, BaseUrl), RuleSeverities), Error> {
        let sources = both(both(self.open_sources(), self.base()), self.severities());
        both(self.tables.check(), sources).map(|((), sources)| sources)
    }

    pub(crate) fn import_map(&self) -> Result<ImportMap, Error> {
        Ok(ImportMap::new(&self.settings).map_err(Problem::from)?)
    }

    fn severities(&self) -> Result<RuleSeverities, Error> {
        let mut rules = self.tables.collect.rules.clone();
        if self.import_map().is_ok_and(|import_map| !import_map.is_empty()) {
            let everywhere = rules.entry(EVERYWHERE.to_owned()).or_default();
            everywhere.entry(Rule::Bare).or_insert(Severity::Warn);
        }
        Ok(RuleSeverities::new(&rules)?)
    }

    /// Returns the value of [`keep_from`](Self::keep_from) if the value is the URL of a bucket.
    pub(crate) fn earlier_bucket(&self) -> Option<&str> {
        self.tables.collect.keep_from.as_ref()?.to_str().filter(|text| is_url(text))
    }

    /// Returns the absolute path of [`keep_from`](Self::keep_from).
    pub(crate) fn earlier(&self) -> Result<Option<PathBuf>, Error> {
        if let Some(url) = self.earlier_bucket() {
            let advice =
                "run `fingerpost collect`, or pass a pack that `fingerpost_store::download_pack` has written";
            let message =
                format!("{} is the URL of a bucket, which only the program reads; {advice}", quoted(url));
            return Err(Problem::config(message).into());
        }
        let dir = self.tables.collect.keep_from.as_deref();
        dir.map(|dir| absolute(dir, "the earlier output directory")).transpose()
    }

    fn base(&self) -> Result<BaseUrl, Error> {
        Ok(BaseUrl::parse(&self.settings.base_url_in_force(self.base_url.as_deref()))?)
    }

    fn compression(&self) -> Result<CompressionSettings, Error> {
        let CollectSettings { compress, compress_maps, .. } = &self.tables.collect;
        let checked =
            |list: &Option<Result<_, fingerpost::Error>>| list.clone().transpose().map_err(Error::from);
        let (usual, maps) = both(checked(compress), checked(compress_maps))?;
        CompressionSettings::new(usual.unwrap_or_default(), maps)
    }

    fn prehashed_files(&self) -> Result<Prehashed, Error> {
        // Another check reports an invalid base URL.
        let base = self.base().unwrap_or_default();
        let bundle = self.settings.bundles.read(&self.source_dirs()?, &base)?;
        Ok(Prehashed::new(&self.tables.collect.prehashed, bundle)?)
    }

    /// Returns the source directories, and the output of Vite.
    fn source_dirs(&self) -> Result<Vec<SourceDir>, Error> {
        let dirs = self.settings.source_dirs_in_force(&self.sources);
        Ok(dirs.map_err(|err| Problem::config(err.to_string()))?)
    }

    /// Opens each directory alone first, so that the error lists every directory that cannot be opened.
    fn open_sources(&self) -> Result<Sources, Error> {
        let dirs = self.source_dirs()?;
        let rules = self.settings.rules()?;
        let open = |dirs| Sources::open(dirs, rules.clone(), self.settings.out.as_deref());
        let problems = dirs.iter().filter_map(|dir| open(vec![dir.clone()]).err());
        Error::from_problems(problems.map(Problem::from).collect())?;
        Ok(open(dirs)?)
    }
}

/// Returns the absolute output directory.
pub(crate) fn output_dir(settings: &Settings) -> Result<PathBuf, Error> {
    let advice = "no output directory is set; name the directory to write to, such as `dist/static`";
    let out = settings.out.as_ref().ok_or_else(|| Problem::config(advice))?;
    absolute(out, "the output directory")
}

/// Returns an absolute path, so that messages do not depend on the current directory.
fn absolute(dir: &Path, what: &str) -> Result<PathBuf, Error> {
    Ok(std::path::absolute(dir)
        .map_err(|err| Problem::config(format!("cannot make the path of {what} absolute: {err}")))?)
}

/// The default of [`CollectConfig::delta_versions`].
const DELTA_VERSIONS: usize = 3;

/// The checked settings of one run.
pub(crate) struct RunOptions {
    pub(crate) sources: Sources,
    pub(crate) out: PathBuf,
    pub(crate) base: BaseUrl,
    pub(crate) originals: bool,
    pub(crate) prehashed: Prehashed,
    /// The prefix of the files of Vite. `None` without Vite.
    pub(crate) vite_prefix: Option<String>,
    pub(crate) import_map: ImportMap,
    /// `true` if bare module specifiers are references.
    pub(crate) finds_bare: bool,
    pub(crate) compress: CompressionSettings,
    pub(crate) delta_versions: usize,
    pub(crate) keep_from: Option<PathBuf>,
    pub(crate) pack: Option<PathBuf>,
    pub(crate) severities: RuleSeverities,
    pub(crate) version: VersionSettings,
    pub(crate) writing: OutputOptions,
}
