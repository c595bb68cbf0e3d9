//! Source directories: selecting the files that are assets, and finding the file of an asset path.

pub(crate) mod baseline;
pub(crate) mod candidate;
pub(crate) mod ignore_rules;
mod spelling;
mod walk;

pub use ignore_rules::{IgnoreRules, check_glob};
pub use walk::{Listing, SourceFile};

use std::{
    borrow::Cow,
    env, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{
    error::{Error, ErrorKind},
    files::{absolute, is_absent},
    quote::{quoted, quoted_path},
    sources::{
        candidate::Candidate,
        spelling::{is_symlink_loop, misspelled},
    },
    url::asset_path::AssetPath,
};

/// A source directory, and the prefix of its asset paths.
///
/// The text form is `DIR` or `PREFIX=DIR`; a directory with a `=` in its name is written `=DIR`.
///
/// ```
/// use fingerpost::sources::SourceDir;
///
/// let source: SourceDir = "vendor=node_modules/htmx.org/dist".parse()?;
/// assert_eq!(source, SourceDir::with_prefix("vendor", "node_modules/htmx.org/dist")?);
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDir {
    pub(crate) dir: PathBuf,
    prefix: Option<AssetPath>,
    /// The working directory that a relative `dir` was resolved against, for errors.
    working_dir: Option<PathBuf>,
}

impl SourceDir {
    /// Creates a source directory. The asset path of a file is the path of the file in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), prefix: None, working_dir: None }
    }

    /// Creates a source directory with a prefix. An asset path consists of `prefix`, a `/`, and the path of the file in
    /// `dir`. A `/` at either end of `prefix` is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPath`] if the prefix is not an asset path.
    pub fn with_prefix(prefix: &str, dir: impl Into<PathBuf>) -> Result<Self, Error> {
        let name = prefix.strip_prefix('/').unwrap_or(prefix).trim_end_matches('/');
        Ok(Self { prefix: Some(AssetPath::parse(name)?), ..Self::new(dir) })
    }

    /// Returns the directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the prefix, if any.
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// Returns the text form of the source directory, for errors and commands.
    pub(crate) fn label(&self) -> String {
        let prefix = self.prefix().map(|prefix| format!("{prefix}=")).unwrap_or_default();
        format!("{prefix}{}", self.dir.display())
    }

    pub(crate) fn make_absolute(&mut self) {
        if self.dir.is_relative() {
            self.working_dir = env::current_dir().ok();
        }
        self.dir = absolute(&self.dir);
    }

    /// Returns the path without the prefix, or `None` if the prefix differs.
    fn strip_prefix<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.prefix() {
            Some(prefix) => path.strip_prefix(prefix)?.strip_prefix('/'),
            None => Some(path),
        }
    }
}

impl FromStr for SourceDir {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('=') {
            // An empty variable in a script must not select the whole project.
            _ if text.is_empty() || text.ends_with('=') => Err(Error::config(format!(
                "source {} has no directory; write `DIR` or `PREFIX=DIR`",
                quoted(text)
            ))),
            Some(("", dir)) => Ok(Self::new(dir)),
            Some((prefix, dir)) => Self::with_prefix(prefix, dir),
            None => Ok(Self::new(text)),
        }
    }
}

/// The source directories of a site, in order. If several directories contain a file, the first directory takes
/// precedence.
///
/// The site and `collect` both use this type, so the same files are assets in development and in production.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let static_dir = site.path();
/// # std::fs::create_dir(static_dir.join("css"))?;
/// # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
/// use fingerpost::sources::{IgnoreRules, SourceDir, Sources};
///
/// let sources = Sources::open(vec![SourceDir::new(static_dir)], IgnoreRules::default(), None)?;
/// let paths: Vec<_> = sources.list().files.into_iter().map(|file| file.path.to_string()).collect();
/// assert_eq!(paths, ["css/app.css"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sources {
    dirs: Vec<SourceDir>,
    rules: IgnoreRules,
    output: Option<PathBuf>,
}

/// The result of checking that a file is the asset of a path.
pub(crate) enum Verdict {
    /// The file is the asset.
    Asset,
    /// This source directory does not have the asset, for this reason. A later source directory may have the asset.
    NotThisFile(String),
    /// This source directory has the asset, but the asset must not be served, for this reason.
    Refused(String),
}

impl Sources {
    /// Opens the source directories and makes them absolute. Listings never include `output`, the output directory.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::SourceNotFound`] if a directory does not exist;
    /// - [`ErrorKind::Unreadable`] if a directory cannot be read;
    /// - [`ErrorKind::InvalidConfig`] if `dirs` is empty or a directory is in the output directory.
    pub fn open(mut dirs: Vec<SourceDir>, rules: IgnoreRules, output: Option<&Path>) -> Result<Self, Error> {
        if dirs.is_empty() {
            return Err(Error::config(
                "no source directory is set; name the directory that contains the assets, such as `static`",
            ));
        }
        let output = output.map(absolute);
        let real_output = output.as_ref().and_then(|output| fs::canonicalize(output).ok());
        for source in &mut dirs {
            if source.dir.as_os_str().is_empty() {
                return Err(Error::config(
                    "a source directory is empty; write `.` for the working directory",
                ));
            }
            source.make_absolute();
            let dir = &source.dir;
            let failed = |err: io::Error| {
                let advice = "does not exist; create it, or correct the path";
                let reason = match (err.kind(), &source.working_dir) {
                    (io::ErrorKind::NotADirectory, _) => "is not a directory".to_owned(),
                    _ if !is_absent(&err) => return Error::unreadable(dir, &err),
                    (_, Some(dir)) => {
                        format!("{advice}; is the working directory {} right?", quoted(dir.display()))
                    }
                    (_, None) => advice.to_owned(),
                };
                let message = format_args!("source directory {} {reason}", quoted_path(dir));
                Error::new(ErrorKind::SourceNotFound, message)
            };
            let real = fs::read_dir(dir).and_then(|_| fs::canonicalize(dir)).map_err(failed)?;
            if real_output.as_ref().is_some_and(|output| real.starts_with(output)) {
                let dir = quoted(dir.display());
                return Err(Error::config(format!(
                    "source directory {dir} is in the output directory; use separate directories"
                )));
            }
        }
        Ok(Self { dirs, rules, output })
    }

    /// Returns an empty list of source directories.
    pub(crate) fn without_dirs(rules: IgnoreRules) -> Self {
        Self { dirs: Vec::new(), rules, output: None }
    }

    /// Returns the source directories, as absolute paths.
    pub fn dirs(&self) -> &[SourceDir] {
        &self.dirs
    }

    /// Returns the source directories in the form that error messages use.
    pub(crate) fn dir_labels(&self) -> Vec<String> {
        self.dirs.iter().map(SourceDir::label).collect()
    }

    /// Returns the rules that select assets.
    pub fn rules(&self) -> &IgnoreRules {
        &self.rules
    }

    /// Returns the output directory with symlinks resolved, if it exists.
    fn real_output(&self) -> Option<PathBuf> {
        fs::canonicalize(self.output.as_ref()?).ok()
    }

    /// Returns the ignored file at an asset path, and the reason why the file is ignored.
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let static_dir = site.path();
    /// # std::fs::write(static_dir.join("hero.psd"), "")?;
    /// use fingerpost::sources::{IgnoreRules, SourceDir, Sources};
    ///
    /// let sources = Sources::open(vec![SourceDir::new(static_dir)], IgnoreRules::new(["*.psd"], false, false)?, None)?;
    /// let (file, reason) = sources.find_ignored("hero.psd").ok_or("not ignored")?;
    /// assert_eq!((file, &*reason), (static_dir.join("hero.psd"), "the ignore glob `*.psd` matches it"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find_ignored(&self, path: &str) -> Option<(PathBuf, Cow<'static, str>)> {
        AssetPath::parse(path).ok()?;
        self.candidates(path).into_iter().find_map(|Candidate { file, .. }| {
            let metadata = fs::metadata(&file).ok().filter(|metadata| !metadata.is_dir())?;
            let special = || (!metadata.is_file()).then_some("it is neither a file nor a directory".into());
            Some((file, self.rules.reason_to_ignore(path).or_else(special)?))
        })
    }

    /// Returns the path that an asset would have in each source directory. Skips source directories with another
    /// prefix.
    pub(crate) fn candidates(&self, path: &str) -> Vec<Candidate> {
        let candidate = |(source, dir): (usize, &SourceDir)| {
            Some(Candidate { source, file: dir.dir.join(dir.strip_prefix(path)?) })
        };
        self.dirs.iter().enumerate().filter_map(candidate).collect()
    }

    /// Checks the spelling of a path against the directory entries, and its real location against the source and output
    /// directories.
    ///
    /// Case-insensitive file systems open `app.css` under the name `App.css`; Windows also accepts short names,
    /// trailing dots and streams. Rejecting such names in development prevents pages that fail only on the server.
    pub(crate) fn verdict(&self, path: &str, candidate: &Candidate) -> io::Result<Verdict> {
        let source = &self.dirs[candidate.source];
        let rest = source.strip_prefix(path).unwrap_or(path);
        if let Some(other) = misspelled(&source.dir, rest)? {
            return Ok(Verdict::NotThisFile(other));
        }
        if is_symlink_loop(&source.dir, rest)? {
            return Ok(Verdict::NotThisFile("a symlink in its path points to a directory above".to_owned()));
        }
        let real = fs::canonicalize(&candidate.file)?;
        if self.real_output().is_some_and(|output| real.starts_with(output)) {
            return Ok(Verdict::NotThisFile("it is in the output directory".to_owned()));
        }
        if !self.rules.follow_symlinks() && !real.starts_with(fs::canonicalize(&source.dir)?) {
            return Ok(Verdict::Refused(format!(
                "a symlink points to {}, out of the source directory; set `follow-symlinks` to allow it",
                quoted(real.display())
            )));
        }
        Ok(Verdict::Asset)
    }
}
