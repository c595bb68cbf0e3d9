use std::borrow::Cow;

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use crate::{error::Error, quote::quoted};

/// The rules that select assets from the files of a source directory. The same rules apply in development, in `collect`
/// and with every strategy.
///
/// Ignored by default: `CVS`, names that start with `.` (except `.well-known`), names that end in `~`, and names that
/// end in `:Zone.Identifier` (NTFS streams, copied to Linux).
///
/// ```
/// use fingerpost::sources::IgnoreRules;
///
/// let rules = IgnoreRules::new(["*.psd", "drafts/**"], false, false)?;
/// assert!(rules.reason_to_ignore("img/hero.psd").is_some());
/// assert!(rules.reason_to_ignore(".git/config").is_some());
/// assert!(rules.reason_to_ignore("img/hero.png:Zone.Identifier").is_some());
/// assert!(rules.reason_to_ignore(".well-known/security.txt").is_none());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    globs: GlobSet,
    /// The text of each glob.
    patterns: Vec<String>,
    hidden: bool,
    follow_symlinks: bool,
}

impl IgnoreRules {
    /// Creates rules that ignore files matching a glob of `ignore`. The rules include hidden files if `hidden` is
    /// `true`, and allow symlinks out of a source directory if `follow_symlinks` is `true`.
    ///
    /// A glob without a `/` is matched against every file and directory name. A glob with a `/` is matched against the
    /// whole asset path: `*` matches within one directory, and `**` across directories. Everything in an ignored
    /// directory is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for a glob that [`check_glob`] rejects.
    pub fn new(
        ignore: impl IntoIterator<Item = impl AsRef<str>>,
        hidden: bool,
        follow_symlinks: bool,
    ) -> Result<Self, Error> {
        let (mut globs, mut patterns) = (GlobSetBuilder::new(), Vec::new());
        for text in ignore {
            let text = text.as_ref();
            let invalid = |reason| Error::config(format!("ignore glob {} {reason}", quoted(text)));
            globs.add(glob(text).map_err(invalid)?);
            patterns.push(text.to_owned());
        }
        let globs = globs.build().map_err(|err| Error::config(format!("ignore globs: {err}")))?;
        Ok(Self { globs, patterns, hidden, follow_symlinks })
    }

    /// Returns the reason why a file is ignored: a rule for the name of the file or for a directory above the file.
    /// Returns `None` if the file is an asset.
    pub fn reason_to_ignore(&self, path: &str) -> Option<Cow<'static, str>> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().find_map(|end| self.reason_to_ignore_entry(&path[..end]))
    }

    /// Returns the reason why one file or directory is ignored, without checking the directories above it.
    pub(crate) fn reason_to_ignore_entry(&self, path: &str) -> Option<Cow<'static, str>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if !self.hidden && name.starts_with('.') && name != ".well-known" {
            Some("names that start with `.` are ignored".into())
        } else if name == "CVS" || name.ends_with('~') {
            Some("`CVS` and names that end in `~` are ignored".into())
        } else if name.ends_with(":Zone.Identifier") {
            Some("names that end in `:Zone.Identifier` are ignored".into())
        } else {
            let first = *self.globs.matches(path).first()?;
            Some(format!("the ignore glob {} matches it", quoted(&self.patterns[first])).into())
        }
    }

    pub(crate) fn follow_symlinks(&self) -> bool {
        self.follow_symlinks
    }
}

/// Rejects a glob that is malformed, or that no asset path can match.
///
/// ```
/// use fingerpost::sources::check_glob;
///
/// assert!(check_glob("drafts/**").is_ok());
/// let err = check_glob("./drafts").unwrap_err();
/// assert_eq!(err.to_string(), "glob `./drafts` has a `.` segment, which no asset path has; write `/drafts`");
/// ```
///
/// # Errors
///
/// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig), with a correction.
pub fn check_glob(text: &str) -> Result<(), Error> {
    glob_matcher(text).map(drop)
}

/// Returns the matcher of a glob that [`check_glob`] accepts. Without a slash, a glob matches names in all directories.
///
/// ```
/// let scripts = fingerpost::__private::glob_matcher("*.js")?;
/// assert!(scripts.is_match("vendor/app.js") && !scripts.is_match("app.js/x"));
/// # Ok::<(), fingerpost::Error>(())
/// ```
///
/// # Errors
///
/// Same as [`check_glob`].
pub fn glob_matcher(text: &str) -> Result<GlobMatcher, Error> {
    let glob = glob(text).map_err(|reason| Error::config(format!("glob {} {reason}", quoted(text))))?;
    Ok(glob.compile_matcher())
}

/// Returns the glob, or the reason why it is rejected.
fn glob(text: &str) -> Result<Glob, String> {
    let pattern = text.trim_matches('/');
    if text.starts_with('!') {
        return Err("starts with `!`, but ignored files cannot be included again; remove it".to_owned());
    }
    if pattern.split('/').any(|segment| segment == "..") {
        return Err("has a `..` segment, which no asset path has; write it relative to the source directory"
            .to_owned());
    }
    if pattern.split('/').any(|segment| segment == ".") {
        let rest: Vec<_> = pattern.split('/').filter(|segment| *segment != ".").collect();
        let root = if rest.len() > 1 { "" } else { "/" };
        let suggestion = quoted(format!("{root}{}", rest.join("/")));
        return Err(format!("has a `.` segment, which no asset path has; write {suggestion}"));
    }
    let at_any_depth = if text.contains('/') { "" } else { "**/" };
    let glob = GlobBuilder::new(&format!("{at_any_depth}{pattern}")).literal_separator(true).build();
    glob.map_err(|err| format!("cannot be read: {}", err.kind()))
}
