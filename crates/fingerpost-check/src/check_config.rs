use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use fingerpost::{
    __private::{
        EVERYWHERE, Error, ImportMap, Problem, Rule, RuleSeverities, SettingsTable, SeveritiesByGlob,
        Severity, both, severities_by_glob,
    },
    BaseUrl, Settings,
    sources::{SourceDir, Sources},
};

use crate::{known_assets::KnownAssets, template::Syntax};

/// The default paths to check. Missing default paths are skipped.
const DEFAULT_PATHS: [&str; 2] = ["templates", "src"];

/// The names of values that are certainly `Assets` or `Snapshot`.
const DEFAULT_RECEIVERS: [&str; 2] = ["assets", "snapshot"];

/// Settings of [`check`](crate::check).
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # for dir in ["static", "templates"] { std::fs::create_dir(site.path().join(dir))?; }
/// # let (source, templates) = (site.path().join("static"), site.path().join("templates"));
/// # std::fs::write(source.join("app.css"), "body{}")?;
/// # std::fs::write(templates.join("base.html"), "{{ static('app.css') }}")?;
/// use fingerpost_check::{CheckConfig, check};
///
/// let report = check(&CheckConfig::default().source(&source).paths([&templates]))?;
/// assert_eq!((report.files, report.names), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `check`"]
pub struct CheckConfig {
    settings: Settings,
    base_url: Option<String>,
    sources: Vec<Result<SourceDir, fingerpost::Error>>,
    paths: Option<Vec<PathBuf>>,
    receivers: Vec<String>,
    syntax: Syntax,
    rules: SeveritiesByGlob,
    referenced: BTreeSet<String>,
    /// The problems of the table `[check]`.
    problems: Vec<Problem>,
}

impl Default for CheckConfig {
    fn default() -> Self {
        Self::from_settings(Settings::default())
    }
}

impl CheckConfig {
    /// Creates a configuration from the settings of a `fingerpost.toml`. The other methods override these settings.
    ///
    /// In addition to the [settings of a site](Settings), `check` reads the table `[check]`. Every key is optional:
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let file = site.path().join("fingerpost.toml");
    /// # for dir in ["static", "templates", "src"] { std::fs::create_dir(site.path().join(dir))?; }
    /// # std::fs::write(&file, "sources = ['static']\n".to_owned() + r##"
    /// [check]
    /// paths = ["templates", "src"]        # the default: these directories, if they exist
    /// receivers = ["assets", "snapshot"]  # in Rust, `assets.url("…")` is certainly a call of `Assets`
    ///
    /// [check.delimiters]                  # of templates
    /// block = ["{%", "%}"]
    /// variable = ["{{", "}}"]
    /// comment = ["{#", "#}"]
    ///
    /// [check.rules]
    /// missing = "error"                   # or "warn", "ignore": names of missing assets
    /// hard-coded = "warn"                 # URLs below the base URL in HTML attributes
    /// dynamic = "ignore"                  # names that are computed at run time
    /// unused = "ignore"                   # assets that no checked file names
    ///
    /// [check.rules."templates/mail/**"]   # severities for some files; the longest matching glob applies
    /// hard-coded = "ignore"
    /// # "##)?;
    /// use fingerpost_check::{CheckConfig, check};
    ///
    /// check(&CheckConfig::from_settings(fingerpost::Settings::read(&file)?))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`check`](crate::check) reports errors in the table.
    pub fn from_settings(settings: Settings) -> Self {
        let mut table = settings.table("check");
        let [mut rules, mut delimiters] = [table.table("rules"), table.table("delimiters")];
        let dir = settings.dir().unwrap_or(Path::new(""));
        let paths: Option<Vec<PathBuf>> = table.get("paths");
        let paths = paths.map(|paths| paths.iter().map(|path| dir.join(path)).collect());
        let receivers = table.get("receivers");
        let (syntax, by_glob) = (syntax(&mut delimiters), severities_by_glob(&mut rules, &Rule::CHECK));
        table.include(rules);
        table.include(delimiters);
        Self {
            base_url: None,
            sources: Vec::new(),
            paths,
            receivers: receivers.unwrap_or_else(|| DEFAULT_RECEIVERS.map(str::to_owned).to_vec()),
            syntax,
            rules: by_glob,
            referenced: BTreeSet::new(),
            problems: table.finish().into_iter().map(Problem::from).collect(),
            settings,
        }
    }

    /// Adds a source directory. Added source directories replace the source directories of the settings file.
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

    /// Sets the base URL of all assets.
    ///
    /// Defaults to `FINGERPOST_BASE_URL`, else to the settings file, else to `/static/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the files and directories to check. In a directory, `.rs` files are Rust, and all other files are templates,
    /// except Markdown files, binary files, hidden files, and the directories `node_modules` and `target`.
    ///
    /// Defaults to `templates` and `src`, if these directories exist next to the settings file.
    pub fn paths(mut self, paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        self.paths = Some(paths.into_iter().map(|path| path.as_ref().to_owned()).collect());
        self
    }

    /// Sets the names of variables, fields and functions in Rust that are certainly `Assets` or `Snapshot`. A missing asset
    /// in a call such as `page.url("img/a.png")` of another receiver is a warning, not an error.
    ///
    /// Defaults to `assets` and `snapshot`.
    pub fn receivers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.receivers = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the severity of a rule for all files without a [`severity_override`](Self::severity_override).
    ///
    /// See [`Rule`] for the defaults.
    pub fn severity(self, rule: Rule, severity: Severity) -> Self {
        self.severity_override(EVERYWHERE, rule, severity)
    }

    /// Sets the severity of a rule for the files that a glob matches. For [`Rule::Unused`], the glob matches asset paths.
    ///
    /// Globs match paths relative to the directory of the settings file, or to the working directory if there is no
    /// settings file. If several globs match, the longest glob applies.
    pub fn severity_override(mut self, glob: impl Into<String>, rule: Rule, severity: Severity) -> Self {
        self.rules.entry(glob.into()).or_default().insert(rule, severity);
        self
    }

    /// Adds assets that the rule `unused` does not report: the targets of the references in CSS and JavaScript.
    /// `references` of `fingerpost-collect` returns these references.
    pub fn referenced(mut self, assets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.referenced.extend(assets.into_iter().map(Into::into));
        self
    }

    /// Returns `true` unless the rule `unused` is ignored for all assets.
    pub fn reports_unused(&self) -> bool {
        let severities = self.rules.values().filter_map(|rules| rules.get(&Rule::Unused));
        severities.into_iter().any(|severity| *severity != Severity::Ignore)
    }

    /// Checks all settings, and returns the settings of the run.
    pub(crate) fn options(&self) -> Result<Options, Error> {
        let table = Error::from_problems(self.problems.clone());
        let severities = RuleSeverities::new(&self.rules).map_err(Error::from);
        let base = BaseUrl::parse(&self.settings.base_url_in_force(self.base_url.as_deref()));
        let checked = both(both(table, severities), both(base.map_err(Error::from), self.open_sources()));
        let (((), severities), (base, sources)) = checked?;
        let bundle = self.settings.bundles.read(sources.dirs(), &base)?;
        let imports = ImportMap::new(&self.settings)?;
        let (assets, mut problems) = KnownAssets::new(sources, bundle);
        problems.extend(assets.check_import_map(&imports));
        Ok(Options {
            assets,
            problems,
            used: self.referenced.iter().chain(imports.imports().values()).cloned().collect(),
            base,
            severities,
            root: self.root()?,
            paths: self.checked_paths()?,
            receivers: self.receivers.clone(),
            syntax: self.syntax.clone(),
        })
    }

    fn open_sources(&self) -> Result<Sources, Error> {
        let dirs = self.settings.source_dirs_in_force(&self.sources)?;
        Ok(Sources::open(dirs, self.settings.rules()?, self.settings.out.as_deref())?)
    }

    /// Returns the directory to which the globs of the rules are relative.
    fn root(&self) -> Result<PathBuf, Error> {
        absolute(self.settings.dir().unwrap_or(Path::new(".")))
    }

    fn checked_paths(&self) -> Result<Vec<PathBuf>, Error> {
        if let Some(paths) = &self.paths {
            return paths.iter().map(|path| Ok(without_parents(&absolute(path)?))).collect();
        }
        let root = self.root()?;
        let paths: Vec<_> =
            DEFAULT_PATHS.iter().map(|path| root.join(path)).filter(|path| path.exists()).collect();
        if paths.is_empty() {
            let message =
                "neither `templates` nor `src` exists; pass the paths to check, or set `paths` in `[check]`";
            return Err(Problem::config(message).into());
        }
        Ok(paths)
    }
}

/// The checked settings of one run.
pub(crate) struct Options {
    pub(crate) assets: KnownAssets,
    /// The problems of the source directories and of the import map.
    pub(crate) problems: Vec<Problem>,
    /// The assets that are named in the files checked so far.
    pub(crate) used: BTreeSet<String>,
    pub(crate) base: BaseUrl,
    pub(crate) severities: RuleSeverities,
    pub(crate) root: PathBuf,
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) receivers: Vec<String>,
    pub(crate) syntax: Syntax,
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let message =
        |err| Problem::config(format!("cannot make the path of {} absolute: {err}", path.display()));
    Ok(std::path::absolute(path).map_err(message)?)
}

/// Resolves `..` in a path, so that globs match, and no file is checked twice. After a symlink, `..` has another meaning, and
/// the path is returned unchanged.
fn without_parents(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if resolved.is_symlink() => return path.to_owned(),
            Component::ParentDir => drop(resolved.pop()),
            component => resolved.push(component),
        }
    }
    resolved
}

fn syntax(table: &mut SettingsTable<'_>) -> Syntax {
    let default = Syntax::default();
    let mut pair = |key, default| {
        let parse = |pair: [String; 2]| match pair.iter().any(String::is_empty) {
            true => Err(fingerpost::Error::config("a delimiter is empty; write a start and an end")),
            false => Ok(pair),
        };
        table.get_with(key, parse).unwrap_or(default)
    };
    Syntax {
        block: pair("block", default.block),
        variable: pair("variable", default.variable),
        comment: pair("comment", default.comment),
    }
}
