use std::path::{Path, PathBuf};

use fingerpost::{
    __private::Severity,
    BaseUrl, Settings, VersionSettings,
    sources::{SourceDir, Sources},
};

use crate::{
    compression::Compression,
    compression_settings::CompressionSettings,
    diagnostics::{
        problem::{Error, Problem, both},
        rule::Rule,
        rule_severities::{EVERYWHERE, RuleSeverities},
    },
    output::OutputOptions,
    settings_tables::Tables,
};

/// What to collect, and where to. Nothing is read or checked before [`collect`](crate::collect).
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
    compress: Option<Result<Vec<Compression>, fingerpost::Error>>,
    compress_maps: Option<Result<Vec<Compression>, fingerpost::Error>>,
    without_waiting: bool,
    dry_run: bool,
    verify: bool,
}

impl CollectConfig {
    /// Collects into the output dir `out`, which is made if it is not there.
    pub fn new(out: impl AsRef<Path>) -> Self {
        let mut settings = Settings::default();
        settings.out = Some(out.as_ref().to_owned());
        Self::from_settings(settings)
    }

    /// Starts from the settings of a `fingerpost.toml`; what is set here goes before it, source dirs replace its source
    /// dirs.
    ///
    /// Beside the settings that a [site reads](Settings), `collect` reads the table `[collect]`. Every key may be left out:
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let file = site.path().join("fingerpost.toml");
    /// # std::fs::create_dir(site.path().join("static"))?;
    /// # std::fs::create_dir(site.path().join("previous"))?;
    /// # let top = "sources = ['static']\nout = 'dist/static'\n";
    /// # std::fs::write(&file, top.to_owned() + r#"
    /// [collect]
    /// compress = ["gzip"]                 # variants to make; also "br", "zstd", each with a level ("br:11") or its default
    /// compress-maps = ["gzip"]            # the same for source maps; defaults to the gzip of `compress`
    /// originals = false                   # write the plain names, too
    /// keep-from = "previous"              # an earlier output dir, whose releases are taken over
    /// fsync = false                       # wait until every file has reached the disk, not only the manifest
    ///
    /// [collect.rules]
    /// missing = "error"                   # or "warn", "ignore": references to a file that does not exist
    /// missing-map = "warn"                # the same for source maps
    /// leaves-base = "error"               # relative references that leave the base URL
    /// outside-base = "warn"               # absolute references outside of the base URL to a file of a source dir
    /// syntax = "warn"                     # scripts that cannot be parsed, whose references stay as they are
    /// unsupported = "error"               # references that this build of `collect` cannot rewrite
    /// shadowed = "ignore"                 # files that an earlier source dir hides
    ///
    /// [collect.rules."vendor/**"]         # severities in some files; the longest glob that matches decides
    /// missing = "ignore"
    /// # "#)?;
    /// # use fingerpost_collect::{CollectConfig, Rule, Severity, collect};
    /// # let config = CollectConfig::from_settings(fingerpost::Settings::read(&file)?);
    /// # assert!(config.severity_overrides().eq([("vendor/**", Rule::Missing, Severity::Ignore)]));
    /// # collect(&config)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`collect`](crate::collect) reports what is wrong in the table.
    pub fn from_settings(settings: Settings) -> Self {
        let tables = Tables::read(&settings);
        Self { settings, tables, ..Self::default() }
    }

    /// Adds a source dir; may be called again, and the first directory that has a file wins.
    pub fn source(mut self, dir: impl AsRef<Path>) -> Self {
        self.sources.push(Ok(SourceDir::new(dir.as_ref())));
        self
    }

    /// Adds a source dir whose assets are named with a prefix: `source_at("vendor", "node_modules/htmx.org/dist")` makes
    /// `vendor/htmx.js`.
    pub fn source_at(mut self, prefix: &str, dir: impl AsRef<Path>) -> Self {
        self.sources.push(SourceDir::with_prefix(prefix, dir.as_ref()));
        self
    }

    /// What will precede every asset path: a path or an `http(s)` URL. Its path is written into the manifest.
    ///
    /// Defaults to `FINGERPOST_BASE_URL`, then to the settings file, then to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Adds globs of files that are no assets, beside the usual hidden files; see [`IgnoreRules::new`](fingerpost::sources::IgnoreRules::new).
    pub fn ignore(mut self, globs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.ignore.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Whether files and directories whose names start with a dot are taken.
    ///
    /// Defaults to `false`; `.well-known` is always taken.
    pub fn hidden(mut self, yes: bool) -> Self {
        self.settings.hidden = yes;
        self
    }

    /// Whether symlinks may leave their source dir.
    ///
    /// Defaults to `false`: such a symlink is an error. Others are followed, loops end.
    pub fn follow_symlinks(mut self, yes: bool) -> Self {
        self.settings.follow_symlinks = yes;
        self
    }

    /// Whether the plain names are written too, with the same bytes, for a server that knows no manifest.
    ///
    /// Defaults to `false`.
    pub fn originals(mut self, yes: bool) -> Self {
        self.tables.collect.originals = yes;
        self
    }

    /// The compressed variants to make, beside each hashed file that they make at least 5 % smaller: `gzip`, `br`, `zstd`,
    /// each with a level (`br:11`) or at its [usual one](fingerpost::manifest::Encoding::default_level).
    ///
    /// Defaults to none. Only for types that gain, so not for images, fonts in `woff2` or archives, and only from 100 bytes
    /// on. Source maps get gzip alone; see [`compress_maps`](Self::compress_maps). With
    /// [`originals`](Self::originals) plain names get the same variants, for servers such as nginx (`gzip_static`).
    ///
    /// `br` needs the feature `brotli` of this crate, `zstd` the feature of that name.
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
        self.compress = Some(Compression::list(list));
        self
    }

    /// The compressed variants to make of source maps (`.map`).
    ///
    /// Defaults to the gzip of [`compress`](Self::compress), if it is there: source maps are half the bytes of many a site,
    /// and only developers ever ask for one.
    pub fn compress_maps(mut self, list: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.compress_maps = Some(Compression::list(list));
        self
    }

    /// Takes over the releases, with their numbers, and the files of an earlier output dir, such as the previous image's.
    ///
    /// Pages that were rendered before the deploy then still find their files. An empty directory has nothing to take over;
    /// one that has files and no manifest is an error. A release that is already in the output dir is skipped; without a manifest in the output dir, that of `dir` counts as the one replaced. Files are compared with
    /// their hashes on the way, and one that is missing or damaged is left behind with a warning.
    pub fn keep_from(mut self, dir: impl AsRef<Path>) -> Self {
        self.tables.collect.keep_from = Some(dir.as_ref().to_owned());
        self
    }

    /// Whether every file is waited for until it has reached the disk.
    ///
    /// Defaults to `false`: the release and the manifest are waited for, and after a power cut the next run finds files
    /// that are too short and writes them again.
    pub fn fsync(mut self, yes: bool) -> Self {
        self.tables.collect.fsync = yes;
        self
    }

    /// Whether to wait while another run holds the lock of the output dir.
    ///
    /// Defaults to `true`; otherwise that is an error of the kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.without_waiting = !yes;
        self
    }

    /// Whether to write nothing at all, and only report what would be done.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    /// Reads every published file and compares it with its digest, even if its stamp is unchanged.
    ///
    /// Defaults to `false`: a file is read only if its length, times or inode are not those of the last run, as in a copy of
    /// the output directory. Either way files of the current manifest that are damaged or missing are written again, with
    /// their variants; [`Report::repaired`](crate::Report::repaired) counts the damaged ones. With `verify` the files of
    /// earlier releases are read too. They are repaired from [`keep_from`](Self::keep_from) or reported as warnings.
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
        self.verify = yes;
        self
    }

    /// How seriously a rule is taken, in all files for which no [`severity_override`](Self::severity_override) says otherwise.
    ///
    /// See [`Rule`] for the defaults. What is ignored is still listed: [`Report::shadowed`](crate::Report::shadowed).
    pub fn severity(self, rule: Rule, severity: Severity) -> Self {
        self.severity_override(EVERYWHERE, rule, severity)
    }

    /// How seriously a rule is taken in the files that a glob matches: in those that break it, and for
    /// [`Rule::Shadowed`] in those that are hidden.
    ///
    /// Globs are read as those of [`ignore`](Self::ignore); of several that match, the longest decides.
    pub fn severity_override(mut self, glob: impl Into<String>, rule: Rule, severity: Severity) -> Self {
        self.tables.collect.rules.entry(glob.into()).or_default().insert(rule, severity);
        self
    }

    /// Returns every severity that holds for some files: the glob, the rule and its severity.
    pub fn severity_overrides(&self) -> impl Iterator<Item = (&str, Rule, Severity)> {
        let by_glob = self.tables.collect.rules.iter().filter(|(glob, _)| *glob != EVERYWHERE);
        by_glob.flat_map(|(glob, severities)| {
            severities.iter().map(|(rule, severity)| (&**glob, *rule, *severity))
        })
    }

    /// Checks every setting.
    pub(crate) fn options(&self) -> Result<RunOptions, Error> {
        let dirs = both(output_dir(&self.settings), self.earlier());
        let settings = both(both(dirs, self.base()), both(self.severities(), self.compression()));
        let checked = both(self.tables.check(), both(settings, self.open_sources()))?;
        let ((), ((((out, keep_from), base), (severities, compress)), sources)) = checked;
        Ok(RunOptions {
            sources,
            out,
            base,
            originals: self.tables.collect.originals,
            compress,
            keep_from,
            severities,
            version: self.settings.version.clone(),
            writing: OutputOptions {
                fsync: self.tables.collect.fsync,
                wait: !self.without_waiting,
                dry_run: self.dry_run,
                verify: self.verify,
            },
        })
    }

    /// The source dirs, the base URL and the severities of the rules.
    pub(crate) fn sources(&self) -> Result<((Sources, BaseUrl), RuleSeverities), Error> {
        let sources = both(both(self.open_sources(), self.base()), self.severities());
        both(self.tables.check(), sources).map(|((), sources)| sources)
    }

    fn severities(&self) -> Result<RuleSeverities, Error> {
        Ok(RuleSeverities::new(&self.tables.collect.rules)?)
    }

    fn earlier(&self) -> Result<Option<PathBuf>, Error> {
        let dir = self.tables.collect.keep_from.as_deref();
        dir.map(|dir| absolute(dir, "the earlier output dir")).transpose()
    }

    fn base(&self) -> Result<BaseUrl, Error> {
        Ok(BaseUrl::parse(&self.settings.base_url_in_force(self.base_url.as_deref()))?)
    }

    fn compression(&self) -> Result<CompressionSettings, Error> {
        let said =
            |list: &Option<Result<_, fingerpost::Error>>| list.clone().transpose().map_err(Error::from);
        let (usual, maps) = both(said(&self.compress), said(&self.compress_maps))?;
        let usual = usual.unwrap_or_else(|| self.tables.collect.compress.clone());
        CompressionSettings::new(usual, maps.or_else(|| self.tables.collect.compress_maps.clone()))
    }

    /// Each on its own first, so that every one that cannot be opened is named.
    fn open_sources(&self) -> Result<Sources, Error> {
        let invalid = |err: fingerpost::Error| Problem::config(err.to_string());
        let mut dirs = self.sources.iter().cloned().collect::<Result<Vec<_>, _>>().map_err(invalid)?;
        if dirs.is_empty() {
            dirs.clone_from(&self.settings.sources);
        }
        let rules = self.settings.rules()?;
        let open = |dirs| Sources::open(dirs, rules.clone(), self.settings.out.as_deref());
        let problems = dirs.iter().filter_map(|dir| open(vec![dir.clone()]).err());
        Error::from_problems(problems.map(Problem::from).collect())?;
        Ok(open(dirs)?)
    }
}

/// The output dir that the settings name.
pub(crate) fn output_dir(settings: &Settings) -> Result<PathBuf, Error> {
    let advice = "no output dir is set; name the directory to write to, such as `dist/static`";
    let out = settings.out.as_ref().ok_or_else(|| Problem::config(advice))?;
    absolute(out, "the output dir")
}

/// Messages name directories in a way that holds wherever the reader is.
fn absolute(dir: &Path, what: &str) -> Result<PathBuf, Error> {
    Ok(std::path::absolute(dir)
        .map_err(|err| Problem::config(format!("cannot make the path of {what} absolute: {err}")))?)
}

/// The settings of one run, checked.
pub(crate) struct RunOptions {
    pub(crate) sources: Sources,
    pub(crate) out: PathBuf,
    pub(crate) base: BaseUrl,
    pub(crate) originals: bool,
    pub(crate) compress: CompressionSettings,
    pub(crate) keep_from: Option<PathBuf>,
    pub(crate) severities: RuleSeverities,
    pub(crate) version: VersionSettings,
    pub(crate) writing: OutputOptions,
}
