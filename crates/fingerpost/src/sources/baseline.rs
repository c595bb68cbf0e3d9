use std::{fs::File, path::PathBuf};

use crate::{
    error::Error,
    files::{file_stamp::FileStamp, is_absent},
    sources::Sources,
    url::asset_path::{AssetPath, is_nameable},
};

/// A file of a source dir as it was when a strategy without a build step listed it: at start-up or at a reload.
///
/// A server asks it whether the file on disk still is the one listed; only then does the URL, which was made beforehand,
/// stand for its bytes.
///
/// A reload that leaves the URLs as they are, because the app version or the path token is the same, leaves this as it is,
/// too: browsers may have kept the earlier bytes under that URL, and whatever a file was changed to never becomes what the
/// URL stands for. So a file that was changed in place is served as unproven until the version changes. Files that are new
/// are listed; one that was gone and is back counts as changed.
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
/// let listed = snapshot.baseline_file("a.css").expect("it was there at start-up");
/// assert_eq!(FileStamp::from_metadata(&File::open(&listed.file)?.metadata()?), listed.stamp);
///
/// fs::write(&listed.file, "body{color:red}")?;
/// assert_ne!(FileStamp::from_metadata(&File::open(&listed.file)?.metadata()?), listed.stamp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineFile {
    /// The file, as an absolute path.
    pub file: PathBuf,
    /// What told of it when it was listed.
    pub stamp: FileStamp,
}

/// All assets of the source dirs that a template can name, sorted. None of them is read, all of them can be.
///
/// What has an impossible name or is behind a bad symlink is left out with a warning.
pub(crate) fn list(sources: &Sources) -> Result<Vec<(AssetPath, BaselineFile)>, Error> {
    let listing = sources.list();
    if let Some(err) = listing.unreadable {
        return Err(err);
    }
    for problem in listing.problems {
        tracing::warn!("{problem}; it is left out");
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

/// Nothing if the file has gone meanwhile.
fn open(file: PathBuf) -> Result<Option<BaselineFile>, Error> {
    match File::open(&file).and_then(|file| file.metadata()) {
        Ok(metadata) => Ok(Some(BaselineFile { file, stamp: FileStamp::from_metadata(&metadata) })),
        Err(err) if is_absent(&err) => Ok(None),
        Err(err) => Err(Error::unreadable(file, err)),
    }
}
