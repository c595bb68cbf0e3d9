//! The table `[version]` of a settings file.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use crate::{
    error::Error,
    files::is_absent,
    manifest::{ComponentInfo, check_name},
    quote::quoted,
    sources::ignore_rules::IgnoreRules,
    toml_table::SettingsTable,
    version::components::Components,
};

/// The table `[version]` of a settings file: the sources of the app version.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("fingerpost.toml");
/// std::fs::write(&file, "[version]\ngit = true\ncomponents = { templates = ['templates/**'] }\n")?;
///
/// let version = fingerpost::Settings::read(&file)?.version;
/// assert!(version.git && version.app.is_none());
/// assert_eq!(version.components["templates"], ["templates/**"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct VersionSettings {
    /// The app version; empty counts as unset.
    pub app: Option<String>,
    /// Uses the git commit as the app version, unless an explicit version is set. Defaults to `false`.
    pub git: bool,
    /// Components of the app version by name. A component is a list of paths and globs, relative to the settings file,
    /// for files that are not assets, such as templates.
    ///
    /// In a glob, `*` and `?` match within one directory, and `**` across directories. Globs skip `CVS`, names that
    /// start with `.`, names that end in `~`, and the output directory.
    pub components: BTreeMap<String, Vec<String>>,
    /// The directory of the settings file; empty for the working directory.
    pub(crate) dir: PathBuf,
}

impl VersionSettings {
    /// Reads the table of a settings file in `dir`.
    pub(crate) fn from_table(table: &mut SettingsTable<'_>, dir: &Path) -> Self {
        Self {
            app: table.get("app"),
            git: table.get("git").unwrap_or_default(),
            components: table.get_with("components", check_components).unwrap_or_default(),
            dir: dir.to_owned(),
        }
    }

    /// Returns the number of files of the component `name` in [`components`](Self::components), and the digest of the
    /// files, for a manifest.
    ///
    /// The digest depends only on the paths relative to the settings file and on the bytes. Globs skip `output`, the
    /// output directory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for an unknown component and for a glob that is
    /// invalid or matches no file; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a path that does not exist;
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub fn digest_component(&self, name: &str, output: Option<&Path>) -> Result<ComponentInfo, Error> {
        let mut components = Components::default();
        self.add_component(name, output, &mut components)?;
        let info = components.digest()?.info(name);
        info.ok_or_else(|| Error::config(format!("the settings file has no component {}", quoted(name))))
    }

    /// Returns the directory that paths and globs are relative to.
    pub(crate) fn root(&self) -> PathBuf {
        if self.dir.as_os_str().is_empty() {
            env::current_dir().unwrap_or_default()
        } else {
            self.dir.clone()
        }
    }

    /// Adds the files of one component.
    pub(crate) fn add_component(
        &self,
        name: &str,
        output: Option<&Path>,
        components: &mut Components,
    ) -> Result<(), Error> {
        check_name(name)?;
        let root = self.root();
        for text in self.components.get(name).into_iter().flatten() {
            let wrong =
                |reason| Error::config(format!("component {}: {} {reason}", quoted(name), quoted(text)));
            let pattern = Pattern::parse(text).map_err(wrong)?;
            let files = pattern.files(&root, output)?;
            if files.is_empty() {
                let root = quoted(root.display());
                return Err(wrong(format!("matches no file in {root}; correct `[version] components`")));
            }
            for (path, file) in files {
                components.add(name, path, file, "`[version] components`");
            }
        }
        Ok(())
    }
}

fn check_components(
    components: BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    for (name, patterns) in &components {
        check_name(name)?;
        let wrong = |what: String| Error::config(format!("component {}{what}", quoted(name)));
        if patterns.is_empty() {
            return Err(wrong(" has no files; write `[\"templates/**\"]`, or leave it out".to_owned()));
        }
        for text in patterns {
            Pattern::parse(text).map_err(|reason| wrong(format!(": {} {reason}", quoted(text))))?;
        }
    }
    Ok(components)
}

/// One path or glob.
struct Pattern {
    /// The segments before the first segment with a glob, or all segments of a path without globs.
    start: String,
    /// The glob, which is matched against whole paths.
    glob: Option<GlobMatcher>,
}

impl Pattern {
    /// Returns the pattern, or the reason why the pattern is invalid.
    fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\\') {
            return Err("has a backslash; write `/`".to_owned());
        }
        if text.starts_with('/') || Path::new(text).is_absolute() {
            return Err("is absolute; write it relative to the settings file".to_owned());
        }
        let segments: Vec<_> = text.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
        if segments.is_empty() {
            return Err("is not the path of a file".to_owned());
        }
        let is_glob = |segment: &&str| segment.contains(['*', '?', '[', '{']);
        let start = segments.iter().position(is_glob).unwrap_or(segments.len());
        let glob = (start < segments.len()).then(|| {
            let glob = GlobBuilder::new(&segments.join("/")).literal_separator(true).build();
            glob.map_err(|err| format!("cannot be read: {}", err.kind()))
        });
        let glob = glob.transpose()?.map(|glob| glob.compile_matcher());
        Ok(Self { start: segments[..start].join("/"), glob })
    }

    /// Returns all files by their paths relative to `root`. A path without globs is returned even if no such file
    /// exists.
    fn files(&self, root: &Path, output: Option<&Path>) -> Result<Vec<(String, PathBuf)>, Error> {
        let start = root.join(&self.start);
        let Some(glob) = &self.glob else { return self.file(start) };
        let output = output.and_then(|output| fs::canonicalize(output).ok());
        let is_output = |entry: &DirEntry| {
            entry.file_type().is_dir() && output.is_some() && fs::canonicalize(entry.path()).ok() == output
        };
        let walk = WalkDir::new(&start).follow_links(true).into_iter();
        let mut files = Vec::new();
        let is_walked =
            |entry: &DirEntry| entry.depth() == 0 || !is_ignored(entry.path()) && !is_output(entry);
        for entry in walk.filter_entry(is_walked) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = path_below(root, entry.path())?;
                    if glob.is_match(&path) {
                        files.push((path, entry.into_path()));
                    }
                }
                Ok(_) => {}
                Err(err) => check_walk_error(err, root, glob)?,
            }
        }
        Ok(files)
    }

    /// Returns the file of a path without globs.
    fn file(&self, file: PathBuf) -> Result<Vec<(String, PathBuf)>, Error> {
        if file.is_dir() {
            let (dir, glob) = (quoted(&self.start), quoted(format!("{}/**", self.start)));
            return Err(Error::config(format!(
                "{dir} in `[version] components` is a directory; write {glob}"
            )));
        }
        Ok(vec![(self.start.clone(), file)])
    }
}

/// Returns the path of a file relative to the directory of the settings file, separated by `/`.
fn path_below(root: &Path, file: &Path) -> Result<String, Error> {
    let below = file.strip_prefix(root).unwrap_or(file);
    let segments: Option<Vec<_>> = below.iter().map(|segment| segment.to_str()).collect();
    segments.map(|segments| segments.join("/")).ok_or_else(|| {
        let file = quoted(file.display());
        Error::config(format!(
            "the name of {file}, which `[version] components` matches, is not UTF-8; rename it"
        ))
    })
}

/// Returns `true` if the default ignore rules of assets match a file.
fn is_ignored(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    IgnoreRules::default().reason_to_ignore(&name).is_some()
}

/// Ignores errors for entries that cannot be a file of the component: symlink loops, ignored names, and removed files
/// that do not match.
fn check_walk_error(err: walkdir::Error, root: &Path, glob: &GlobMatcher) -> Result<(), Error> {
    let Some(path) = err.path().map(Path::to_owned) else { return Ok(()) };
    if err.loop_ancestor().is_some() || is_ignored(&path) {
        return Ok(());
    }
    let is_match = || path.strip_prefix(root).is_ok_and(|below| glob.is_match(below));
    match err.into_io_error() {
        Some(cause) if !is_absent(&cause) || is_match() => Err(Error::unreadable(path, &cause)),
        _ => Ok(()),
    }
}
