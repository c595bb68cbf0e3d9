use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};
use toml::de::DeTable;

use crate::{
    duration::parse_duration,
    environment,
    error::Error,
    files::{absolute, is_absent},
    manifest::encoding::Compression,
    quote::quoted,
    severity::Severity,
    sources::{
        SourceDir,
        ignore_rules::{IgnoreRules, check_glob},
    },
    url::base_url::BaseUrl,
    version::settings::VersionSettings,
};

/// What stands in `fingerpost.toml`, for the program and for [`Assets::from_config`](crate::Assets::from_config) alike.
///
/// Every key may be left out:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("fingerpost.toml");
/// # std::fs::write(&file, r#"
/// sources = ["static", "vendor=node_modules/htmx.org/dist"]   # DIR or PREFIX=DIR
/// out = "dist/static"                 # where `collect` writes and production reads
/// base_url = "/static/"               # a path, or a URL such as https://cdn.example.com/static/
/// origin = "https://example.com"      # for absolute URLs
/// ignore = ["*.psd", "drafts/**"]     # globs, beside the usual hidden files
/// hidden = false                      # take files whose names start with a dot
/// follow_symlinks = false             # also those that leave their source dir
/// originals = false                   # write the plain names, too
/// compress = ["gzip", "br:11"]        # variants to make, each with a level or at its usual one; also "zstd"
/// compress_maps = ["gzip"]            # the same for source maps; unless said, the gzip of `compress`
/// keep_from = "previous/static"       # an earlier output dir, to take its releases over
/// fsync = false                       # make every file survive a power cut, not the manifest alone
/// clean.keep = 3                      # how many releases `clean` keeps, whatever their age
/// clean.older_than = "7d"             # and for how long after they were replaced
/// missing = "error"                   # or "warn", "ignore": references to a file that is not there
/// missing-map = "warn"                # the same for source maps
/// leaves-base = "error"               # relative references that leave the base URL
/// outside-base = "warn"               # absolute references outside of the base URL to a file of a source dir
/// syntax = "warn"                     # scripts that cannot be parsed, so that their references stay as they are
/// unsupported = "error"               # references that this build of `collect` cannot rewrite
/// shadowed = "ignore"                 # files that an earlier source dir hides
/// rules."vendor/**".missing = "ignore"    # one of these for some files; the longest glob that matches decides
///
/// [version]
/// git = true                          # the commit is the app version; or app = "v1.2"
/// components = { templates = ["templates/**"] }   # files that are no assets and part of the app version
/// # "#)?;
/// # let settings = fingerpost::Settings::read(&file)?;
/// # assert_eq!(settings.out, Some(dir.path().join("dist/static")));
/// # assert_eq!(settings.sources.len(), 2);
/// # assert_eq!(settings.clean.keep, Some(3));
/// # assert_eq!(settings.exceptions["vendor/**"].missing, Some(fingerpost::__private::Severity::Ignore));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Settings {
    /// The source dirs, in order.
    #[serde(deserialize_with = "source_dirs")]
    pub sources: Vec<SourceDir>,
    /// The output dir.
    pub out: Option<PathBuf>,
    /// What precedes every asset path. Defaults to `/static/`.
    pub base_url: Option<String>,
    /// Scheme and host for absolute URLs. `FINGERPOST_ORIGIN` goes before it.
    pub origin: Option<String>,
    /// The sources of the app version.
    pub version: VersionSettings,
    /// Globs of files that are no assets; see [`IgnoreRules::new`].
    #[serde(deserialize_with = "globs")]
    pub ignore: Vec<String>,
    /// Whether files whose names start with a dot are assets.
    pub hidden: bool,
    /// Whether symlinks may leave their source dir.
    pub follow_symlinks: bool,
    /// Whether `collect` writes the plain names, too.
    pub originals: bool,
    /// The compressed variants that `collect` makes.
    #[serde(deserialize_with = "compressions")]
    pub compress: Vec<Compression>,
    /// The same for source maps. Defaults to the gzip of `compress`: they are half the bytes of many a site, and nobody but
    /// a developer ever asks for one.
    #[serde(deserialize_with = "some_compressions")]
    pub compress_maps: Option<Vec<Compression>>,
    /// An earlier output dir whose releases `collect` takes over.
    pub keep_from: Option<PathBuf>,
    /// Whether `collect` waits until every file has reached the disk.
    pub fsync: bool,
    /// What `clean` keeps.
    pub clean: CleanSettings,
    /// What `collect` makes of a reference to a file that is not there. Defaults to [`Severity::Error`].
    pub missing: Option<Severity>,
    /// What `collect` makes of a source map that is not there. Defaults to [`Severity::Warn`].
    #[serde(rename = "missing-map")]
    pub missing_map: Option<Severity>,
    /// What `collect` makes of a relative reference that leaves the base URL. Defaults to [`Severity::Error`].
    #[serde(rename = "leaves-base")]
    pub leaves_base: Option<Severity>,
    /// Severity of an absolute reference outside of the base URL to a file of a source dir. Defaults to
    /// [`Severity::Warn`].
    #[serde(rename = "outside-base")]
    pub outside_base: Option<Severity>,
    /// Severity of a script that cannot be parsed, so that its references stay as they are. Defaults to
    /// [`Severity::Warn`].
    pub syntax: Option<Severity>,
    /// Severity of references that this build of `collect` cannot rewrite. Defaults to [`Severity::Error`].
    pub unsupported: Option<Severity>,
    /// What `collect` makes of files that an earlier source dir hides. Defaults to [`Severity::Ignore`].
    pub shadowed: Option<Severity>,
    /// Glob → what holds for the files that it matches, whatever holds for all, be it by a flag. Globs are read as those of
    /// [`IgnoreRules::new`]; of several that match, the longest decides.
    #[serde(rename = "rules", deserialize_with = "by_glob")]
    pub exceptions: BTreeMap<String, SeverityOverrides>,
}

/// Keys that were moved, each with what to write instead.
const MOVED: [(&str, &str); 1] = [("app_version", "`app` in the table `[version]`")];

/// What `clean` keeps, beside the release that is in force. `None` is the default of `clean`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CleanSettings {
    /// How many of the newest releases stay.
    pub keep: Option<usize>,
    /// How long a release stays after it was replaced, as [`parse_duration`] reads it.
    #[serde(deserialize_with = "age")]
    pub older_than: Option<Duration>,
}

/// Levels that hold for some files: `rules."vendor/**".missing = "ignore"`. What is `None` is left to shorter globs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct SeverityOverrides {
    /// References to a file that is not there.
    pub missing: Option<Severity>,
    /// Source maps that are not there.
    pub missing_map: Option<Severity>,
    /// Relative references that leave the base URL.
    pub leaves_base: Option<Severity>,
    /// Absolute references outside of the base URL to a file of a source dir.
    pub outside_base: Option<Severity>,
    /// Scripts that cannot be parsed, so that their references stay as they are.
    pub syntax: Option<Severity>,
    /// References that this build of `collect` cannot rewrite.
    pub unsupported: Option<Severity>,
    /// Files that an earlier source dir hides.
    pub shadowed: Option<Severity>,
}

impl Settings {
    /// Reads a settings file. Relative paths in it are relative to it; an empty one counts as unset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) with the line, if the file is not there, is no TOML,
    /// or has an unknown key; [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = absolute(path);
        let place = quoted(path.display());
        let text = fs::read_to_string(&path).map_err(|err| match err {
            err if is_absent(&err) => Error::config(format!("settings file {place} does not exist")),
            err => Error::unreadable(&path, err),
        })?;
        let mut settings: Self = toml::from_str(&text).map_err(|err| {
            let reason = moved(&text).unwrap_or_else(|| err.to_string());
            Error::config(format!("settings file {place}: {}", reason.trim_end()))
        })?;
        let dir = path.parent().unwrap_or(&path);
        for source in &mut settings.sources {
            source.dir = dir.join(&source.dir);
        }
        let relative_to_file = |path: PathBuf| (!path.as_os_str().is_empty()).then(|| dir.join(path));
        settings.out = settings.out.and_then(relative_to_file);
        settings.keep_from = settings.keep_from.and_then(relative_to_file);
        settings.version.dir = dir.to_owned();
        Ok(settings)
    }

    /// The base URL in force: `explicit`, else `FINGERPOST_BASE_URL`, else the file's, else [`BaseUrl::DEFAULT`].
    pub fn base_url_in_force(&self, explicit: Option<&str>) -> String {
        let said = explicit.map(str::to_owned).or_else(|| environment::variable("FINGERPOST_BASE_URL"));
        said.or_else(|| self.base_url.clone()).unwrap_or_else(|| BaseUrl::DEFAULT.to_owned())
    }

    /// The levels that hold for all files that no glob of `rules` matches.
    pub fn levels(&self) -> SeverityOverrides {
        let Self { missing, missing_map, leaves_base, outside_base, syntax, unsupported, shadowed, .. } =
            *self;
        SeverityOverrides { missing, missing_map, leaves_base, outside_base, syntax, unsupported, shadowed }
    }

    /// The rules that say what is an asset.
    ///
    /// # Errors
    ///
    /// As for [`IgnoreRules::new`].
    pub fn rules(&self) -> Result<IgnoreRules, Error> {
        IgnoreRules::new(&self.ignore, self.hidden, self.follow_symlinks)
    }
}

/// The reason why a settings file is refused, if it has a key that was moved.
fn moved(text: &str) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    MOVED.iter().find_map(|(key, now)| {
        let (found, _) = table.get_ref().get_key_value(*key)?;
        let line = text[..found.span().start].matches('\n').count() + 1;
        Some(format!("line {line}: unknown key `{key}`; write {now}"))
    })
}

fn source_dirs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SourceDir>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

fn globs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let globs = Vec::<String>::deserialize(deserializer)?;
    globs.iter().try_for_each(|glob| check_glob(glob)).map_err(de::Error::custom)?;
    Ok(globs)
}

fn by_glob<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, SeverityOverrides>, D::Error> {
    let exceptions = BTreeMap::<String, SeverityOverrides>::deserialize(deserializer)?;
    exceptions.keys().try_for_each(|glob| check_glob(glob)).map_err(de::Error::custom)?;
    Ok(exceptions)
}

fn age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    parse_duration(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}

fn compressions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Compression>, D::Error> {
    Compression::list(Vec::<String>::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn some_compressions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Compression>>, D::Error> {
    compressions(deserializer).map(Some)
}
