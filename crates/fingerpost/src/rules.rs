use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::Error;

/// Which files of a source dir are assets: the same for development, `collect` and every strategy.
///
/// Left out by default: names that start with `.` (but `.well-known`), `CVS`, and names that end in `~`.
///
/// ```
/// use fingerpost::Rules;
///
/// let rules = Rules::new(["*.psd", "drafts/**"], false, false)?;
/// assert!(rules.reason_to_ignore("img/hero.psd").is_some());
/// assert!(rules.reason_to_ignore(".git/config").is_some());
/// assert!(rules.reason_to_ignore(".well-known/security.txt").is_none());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Globs without a `/`: they match one name, at any depth.
    names: GlobSet,
    /// Globs with a `/`: they match an asset path from its start.
    paths: GlobSet,
    hidden: bool,
    follow_symlinks: bool,
}

impl Rules {
    /// Ignores what a glob of `ignore` matches, takes hidden files if `hidden`, and follows symlinks out of a source dir
    /// if `follow_symlinks`.
    ///
    /// A glob without a `/` is compared with every file and directory name, one with a `/` with the whole asset path,
    /// in which `*` stays within one directory and `**` does not. What lies in an ignored directory is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for a glob that cannot be read.
    pub fn new(
        ignore: impl IntoIterator<Item = impl AsRef<str>>,
        hidden: bool,
        follow_symlinks: bool,
    ) -> Result<Self, Error> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in ignore {
            let text = text.as_ref();
            let glob = GlobBuilder::new(text.trim_matches('/'))
                .literal_separator(true)
                .build()
                .map_err(|err| Error::config(format!("ignore glob {err}")))?;
            if text.contains('/') { &mut paths } else { &mut names }.add(glob);
        }
        let build =
            |set: GlobSetBuilder| set.build().map_err(|err| Error::config(format!("ignore globs: {err}")));
        Ok(Self { names: build(names)?, paths: build(paths)?, hidden, follow_symlinks })
    }

    /// Why a file is no asset, if it is none: itself or a directory above it is ignored.
    pub fn reason_to_ignore(&self, path: &str) -> Option<&'static str> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().find_map(|end| self.reason_to_ignore_entry(&path[..end]))
    }

    /// The same for one file or directory whose parents are known to be taken.
    pub(crate) fn reason_to_ignore_entry(&self, path: &str) -> Option<&'static str> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if !self.hidden && name.starts_with('.') && name != ".well-known" {
            Some("names that start with `.` are ignored")
        } else if name == "CVS" || name.ends_with('~') {
            Some("`CVS` and names that end in `~` are ignored")
        } else if self.names.is_match(name) || self.paths.is_match(path) {
            Some("an ignore glob matches it")
        } else {
            None
        }
    }

    pub(crate) fn follow_symlinks(&self) -> bool {
        self.follow_symlinks
    }
}
