use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    bundle::BundleSettings,
    environment,
    error::Error,
    import_names::check_imports,
    sources::{
        SourceDir,
        ignore_rules::{IgnoreRules, check_glob},
    },
    toml_table::{SettingsFile, SettingsTable},
    url::base_url::BaseUrl,
    version::settings::VersionSettings,
};

/// The tables that other crates read.
const TABLES: [&str; 4] = ["collect", "clean", "check", "publish"];

/// The settings in `fingerpost.toml`, for the program and [`Assets::from_config`](crate::Assets::from_config).
///
/// Every key is optional:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("fingerpost.toml");
/// # std::fs::write(&file, r#"
/// sources = ["static", "vendor=node_modules/htmx.org/dist"]   # DIR or PREFIX=DIR
/// out = "dist/static"                 # the output directory of `collect`, read in production
/// base-url = "/static/"               # a path, or a URL such as https://cdn.example.com/static/
/// origin = "https://example.com"      # for absolute URLs
/// ignore = ["*.psd", "drafts/**"]     # globs of files to ignore, in addition to hidden files
/// hidden = false                      # include files whose names start with a dot
/// follow-symlinks = false             # allow symlinks to targets outside their source directory
///
/// [version]
/// git = true                          # the commit is the app version; or app = "v1.2"
/// components = { templates = ["templates/**"] }   # files that are not assets, as part of the app version
///
/// [importmap]
/// imports = { htmx = "vendor/htmx.esm.js", "lit/" = "vendor/lit/" }   # names that scripts may import
/// modules = ["js/**"]                 # own modules, which have the same URL in pages and in imports
///
/// [vite]
/// out = "dist/vite"                   # the output of `vite build`, with `.vite/manifest.json`
/// prefix = "vite"                     # the prefix of the asset paths; "" for none
/// dev-server = "http://localhost:5173"    # serves scripts and style sheets in development
/// react = false                       # write the preamble of React refresh in development
/// root = "."                          # Vite's root; defaults to the nearest directory above `out` with a `package.json`
///
/// [bundle]
/// manifest = "static/manifest.json"   # a flat manifest of another bundler, `{"app.js": "app.3f2a91bc.js"}`
/// # "#)?;
/// # let settings = fingerpost::Settings::read(&file)?;
/// # assert_eq!(settings.out, Some(dir.path().join("dist/static")));
/// # assert_eq!(settings.sources.len(), 2);
/// # assert_eq!(settings.base_url.as_deref(), Some("/static/"));
/// # assert_eq!(settings.imports["htmx"], "vendor/htmx.esm.js");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The crate `fingerpost-collect` reads the tables `[collect]` and `[clean]`, `fingerpost-check` reads `[check]`, and
/// `fingerpost-store` reads `[publish]`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The source directories, in order.
    pub sources: Vec<SourceDir>,
    /// The output directory.
    pub out: Option<PathBuf>,
    /// The base URL of all assets. Defaults to `/static/`.
    pub base_url: Option<String>,
    /// Scheme and host for absolute URLs. Overridden by `FINGERPOST_ORIGIN`.
    pub origin: Option<String>,
    /// Globs of files that are not assets; see [`IgnoreRules::new`].
    pub ignore: Vec<String>,
    /// Includes files whose names start with a dot. Defaults to `false`.
    pub hidden: bool,
    /// Allows symlinks to targets outside their source directory. Defaults to `false`.
    pub follow_symlinks: bool,
    /// The sources of the app version.
    pub version: VersionSettings,
    /// The names of the import map, with their asset paths; see
    /// [`AssetsBuilder::import`](crate::AssetsBuilder::import).
    pub imports: BTreeMap<String, String>,
    /// Globs of the modules in the import map; see
    /// [`AssetsBuilder::import_modules`](crate::AssetsBuilder::import_modules).
    pub import_modules: Vec<String>,
    /// The bundlers whose output is part of the site.
    #[doc(hidden)]
    pub bundles: BundleSettings,
    /// The file, for the tables of other crates.
    file: Option<Arc<SettingsFile>>,
}

impl Settings {
    /// Reads a settings file. Relative paths in the file are relative to the directory of the file. An empty path
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) if the file does not exist, is not TOML, or has an
    /// unknown key or an invalid value; [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable). Messages about the
    /// content contain the line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = SettingsFile::read(path)?;
        let mut top = file.top();
        let mut settings = Self {
            sources: top
                .get_with("sources", |dirs: Vec<String>| source_dirs(&dirs, file.dir()))
                .unwrap_or_default(),
            out: top.path("out"),
            base_url: top.get("base-url"),
            origin: top.get("origin"),
            ignore: top.get_with("ignore", globs).unwrap_or_default(),
            hidden: top.get("hidden").unwrap_or_default(),
            follow_symlinks: top.get("follow-symlinks").unwrap_or_default(),
            ..Self::default()
        };
        let mut version = top.table("version");
        settings.version = VersionSettings::from_table(&mut version, file.dir());
        top.include(version);
        let mut importmap = top.table("importmap");
        settings.imports = importmap.get_with("imports", check_imports).unwrap_or_default();
        settings.import_modules = importmap.get_with("modules", globs).unwrap_or_default();
        top.include(importmap);
        let (mut vite, mut bundle) = (top.table("vite"), top.table("bundle"));
        settings.bundles = BundleSettings::from_tables(&mut vite, &mut bundle);
        top.include(vite);
        top.include(bundle);
        for name in TABLES {
            top.table(name);
        }
        match top.finish().into_iter().next() {
            Some(err) => Err(err),
            None => Ok(Self { file: Some(Arc::new(file)), ..settings }),
        }
    }

    /// Returns a table that another crate reads, or an empty table if there is no file. The other crate reports the errors
    /// of the table.
    #[doc(hidden)]
    pub fn table(&self, name: &'static str) -> SettingsTable<'_> {
        self.file.as_ref().map(|file| file.top().table(name)).unwrap_or_default()
    }

    /// Returns the directory of the settings file. The paths in the file are relative to this directory. `None` if there is no
    /// file.
    #[doc(hidden)]
    pub fn dir(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.dir())
    }

    /// Returns the source directories, and the output of Vite.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`](crate::ErrorKind::InvalidPath) if the prefix of the output of Vite is not an asset path.
    #[doc(hidden)]
    pub fn source_dirs(&self) -> Result<Vec<SourceDir>, Error> {
        self.source_dirs_in_force(&[])
    }

    /// Returns the effective source directories: `explicit`, else the source directories of the file, and the output of Vite.
    ///
    /// # Errors
    ///
    /// The first error in `explicit`, or an error of [`source_dirs`](Self::source_dirs).
    #[doc(hidden)]
    pub fn source_dirs_in_force(
        &self,
        explicit: &[Result<SourceDir, Error>],
    ) -> Result<Vec<SourceDir>, Error> {
        let mut dirs = explicit.iter().cloned().collect::<Result<Vec<_>, _>>()?;
        if dirs.is_empty() {
            dirs.clone_from(&self.sources);
        }
        dirs.extend(self.bundles.source()?);
        Ok(dirs)
    }

    /// Returns the effective base URL: `explicit`, else `FINGERPOST_BASE_URL`, else `base-url` of the file, else
    /// [`BaseUrl::DEFAULT`].
    pub fn base_url_in_force(&self, explicit: Option<&str>) -> String {
        let explicit = explicit.map(str::to_owned).or_else(|| environment::variable("FINGERPOST_BASE_URL"));
        explicit.or_else(|| self.base_url.clone()).unwrap_or_else(|| BaseUrl::DEFAULT.to_owned())
    }

    /// Returns the rules that select assets.
    ///
    /// # Errors
    ///
    /// Same as [`IgnoreRules::new`].
    pub fn rules(&self) -> Result<IgnoreRules, Error> {
        IgnoreRules::new(&self.ignore, self.hidden, self.follow_symlinks)
    }
}

fn source_dirs(texts: &[String], relative_to: &Path) -> Result<Vec<SourceDir>, Error> {
    let dirs = texts.iter().map(|text| {
        let mut source: SourceDir = text.parse()?;
        source.dir = relative_to.join(source.dir);
        Ok(source)
    });
    dirs.collect()
}

fn globs(globs: Vec<String>) -> Result<Vec<String>, Error> {
    globs.iter().try_for_each(|glob| check_glob(glob))?;
    Ok(globs)
}
