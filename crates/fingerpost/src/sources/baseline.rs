use std::{fs::File, path::PathBuf};

use crate::{
    error::Error,
    files::{file_stamp::FileStamp, is_absent},
    sources::Sources,
    url::asset_path::{AssetPath, is_nameable},
};

/// A source file and its stamp, listed by a strategy without a build step at start-up or at a reload.
///
/// Servers compare the stamp with the file on disk. The URL identifies only the content of an unchanged file.
///
/// A reload with the same app version or path token changes neither the URLs nor the listed stamps. Browsers may have
/// cached the earlier bytes under the same URL. A file that was changed in place is therefore served with `no-store`
/// until the version changes. A reload adds new files. A file that was removed and restored counts as changed.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// use std::fs::{self, File};
/// use fingerpost::{Assets, Mode, Strategy};
/// use fingerpost::__private::FileStamp;
///
/// let assets = Assets::builder()
///     .source(dir.path())
///     .mode(Mode::Production)
///     .strategy(Strategy::VersionQuery)
///     .app_version("3f2a91b")
///     .build()?;
/// let snapshot = assets.snapshot();
/// let listed = snapshot.baseline_file("a.css").expect("the file existed at start-up");
/// assert_eq!(FileStamp::from_metadata(&File::open(&listed.file)?.metadata()?), listed.stamp);
///
/// fs::write(&listed.file, "body{color:red}")?;
/// assert_ne!(FileStamp::from_metadata(&File::open(&listed.file)?.metadata()?), listed.stamp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineFile {
    /// The absolute path of the file.
    pub file: PathBuf,
    /// The stamp of the file when the URL was first listed.
    pub stamp: FileStamp,
}

/// Returns all assets that templates can refer to, sorted. Opens every file to detect unreadable files, but reads no
/// content.
///
/// Dangling symlinks, symlinks that must not be followed, and files with invalid names are left out with a warning.
pub(crate) fn list(sources: &Sources) -> Result<Vec<(AssetPath, BaselineFile)>, Error> {
    let listing = sources.list();
    if let Some(err) = listing.unreadable {
        return Err(err);
    }
    for problem in listing.problems {
        tracing::warn!("{problem}; the entry is left out");
    }
    let mut files = Vec::with_capacity(listing.files.len());
    for file in listing.files {
        if is_nameable(&file.path)
            && let Some(baseline) = open(file.file)?
        {
            files.push((file.path, baseline));
        }
    }
    Ok(files)
}

/// Returns the file with its stamp, or `None` if the file no longer exists.
fn open(file: PathBuf) -> Result<Option<BaselineFile>, Error> {
    match File::open(&file).and_then(|file| file.metadata()) {
        Ok(metadata) => Ok(Some(BaselineFile { file, stamp: FileStamp::from_metadata(&metadata) })),
        Err(err) if is_absent(&err) => Ok(None),
        Err(err) => Err(Error::unreadable(file, &err)),
    }
}
