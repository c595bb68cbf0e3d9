//! The output directory: its lock, its records, and atomic writes.

pub(crate) mod staging;
pub(crate) mod lock;
pub(crate) mod buffer;
pub(crate) mod content;
pub(crate) mod history;
pub(crate) mod earlier_site;
pub(crate) mod cache;
pub(crate) mod source_info;
pub(crate) mod published_files;
pub(crate) mod manifest_times;
pub(crate) mod signed_json;
pub(crate) mod hash_writer;
pub(crate) mod existing;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs::{self, DirEntry, File},
    io,
    path::{Path, PathBuf},
    process,
    sync::{Mutex, PoisonError},
};

use fingerpost::{
    __private::{Clock, FileStamp, quoted},
    manifest::Digest,
};
use rayon::prelude::*;

use crate::{
    diagnostics::{Diagnostics, ErrorKind, Problem},
    output::{
        content::{Content, WriteError},
        lock::{LOCK, Lock},
        manifest_times::{Change, Edit, Times},
        published_files::PublishedFiles,
        staging::{STAGING, Staged, Staging, make_dir, sync_dir, write_file},
    },
    progress::Progress,
};

/// An output directory. A run locks the directory. A dry run only reads the directory.
pub(crate) struct Output {
    fsync: bool,
    pub(crate) staging: Staging,
    /// The held lock. `None` if the directory is only read.
    lock: Option<Lock>,
    /// Changes of the manifest since the last release.
    pub(crate) change: Change,
    /// Directories that were checked and are not symlinks.
    real: Mutex<HashSet<PathBuf>>,
    pub(crate) published: PublishedFiles,
    /// `true` if the directory had only records at the start of the run, so that checks for existing files can be skipped.
    is_empty: bool,
}

/// Options for opening an output directory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OutputOptions {
    pub(crate) fsync: bool,
    pub(crate) no_wait: bool,
    pub(crate) dry_run: bool,
    pub(crate) verify: bool,
    pub(crate) clock: Clock,
}

impl Output {
    /// Opens an output directory, without the records of published files. Creates the directory and takes the lock, except in
    /// a dry run.
    pub(crate) fn open(dir: &Path, options: OutputOptions, progress: &dyn Progress) -> Result<Self, Problem> {
        check_dir(dir)?;
        let mut output = Self { fsync: options.fsync, ..Self::dry(dir)? };
        if !options.dry_run {
            output.acquire(!options.no_wait, progress)?;
            output.is_empty = has_only_records(dir);
        }
        Ok(output)
    }

    /// Opens an output directory for reading. After [`acquire`](Self::acquire), the output directory can also be written to.
    pub(crate) fn dry(dir: &Path) -> Result<Self, Problem> {
        refuse_symlinks(dir, &[".fingerpost", STAGING, ".fingerpost/releases", LOCK])?;
        let (change, real, published) = (Change::read(dir), Mutex::default(), PublishedFiles::default());
        let staging = Staging { dir: dir.to_owned(), is_dry: true };
        Ok(Self { fsync: false, staging, lock: None, change, real, published, is_empty: false })
    }

    /// Takes the lock, and removes temporary files of killed runs.
    pub(crate) fn acquire(&mut self, wait: bool, progress: &dyn Progress) -> Result<(), Problem> {
        make_dir(&self.dir().join(STAGING))?;
        let file = self.dir().join(LOCK);
        let mut lock = Lock::acquire(&file, wait, progress)?;
        self.change = Change::read(self.dir());
        let signed = lock.sign(&process::id().to_string());
        signed.map_err(|err| Problem::output("lock", &file, &err))?;
        self.lock = Some(lock);
        self.staging.is_dry = false;
        self.empty_staging()
    }

    /// Records the times of the manifest and the detected change, unless the record is up to date.
    pub(crate) fn record_change(&self, diagnostics: &mut Diagnostics) {
        if !self.change.is_recorded {
            manifest_times::record(&self.staging, self.change.manifest, self.change.edit, diagnostics);
        }
    }

    /// Records a change from the directory of `keep_from`.
    pub(crate) fn record_edit(&self, edit: Option<Edit>, diagnostics: &mut Diagnostics) {
        if edit.is_some() && edit != self.change.edit {
            manifest_times::record(&self.staging, self.change.manifest, edit, diagnostics);
        }
    }

    fn empty_staging(&self) -> Result<(), Problem> {
        let staging = self.dir().join(STAGING);
        let empty = || fs::read_dir(&staging)?.try_for_each(|entry| remove(&entry?));
        empty().map_err(|err| Problem::output("empty", &staging, &err))
    }

    fn dir(&self) -> &Path {
        &self.staging.dir
    }

    /// Returns `true` if a file has exactly this content. Records a file with other content as damaged, because a hashed path
    /// identifies one content.
    pub(crate) fn has(&self, path: &str, size: u64, sha256: &Digest) -> bool {
        if self.is_empty {
            return false;
        }
        let has = self.has_content(path, size, sha256);
        if !has && self.has_any(path) {
            self.published.note_damaged(path);
        }
        has
    }

    /// Returns `true` if a file exists, with any content.
    pub(crate) fn has_any(&self, path: &str) -> bool {
        self.dir().join(path).is_file()
    }

    /// Returns `true` if a file has exactly this content. Records no damage, because the content under a plain name may
    /// change.
    pub(crate) fn has_content(&self, path: &str, size: u64, sha256: &Digest) -> bool {
        let file = self.dir().join(path);
        fs::symlink_metadata(&file).is_ok_and(|metadata| {
            metadata.is_file()
                && metadata.len() == size
                && self.published.holds(path, &file, FileStamp::from_metadata(&metadata), *sha256)
        })
    }

    /// Writes a file to the staging directory. A dry run only reads the content.
    pub(crate) fn stage(
        &self,
        path: &str,
        content: &Content,
        is_original: bool,
    ) -> Result<Option<Staged>, Problem> {
        let target = self.dir().join(path);
        if !self.is_empty {
            self.check_dirs_above(&target)?;
            self.check_path_is_free(&target)?;
        }
        self.published.note_written(path);
        let write = |file: &mut File| content.write_to(file);
        // Originals are published after all hashed files, because originals refer to hashed files.
        let in_tree = (self.is_empty && !is_original).then(|| self.staging.new_in_tree(path.as_ref()));
        let staged = match in_tree {
            _ if self.staging.is_dry => content.write_to(&mut io::sink()).map(|()| None),
            Some(Ok((mut file, staged))) => write_file(&mut file, self.fsync, write).and_then(|()| {
                self.published.insert(path, FileStamp::from_metadata(&file.metadata()?), content.sha256);
                Ok(Some(staged))
            }),
            _ => self.staging.write(path.as_ref(), self.fsync, write).map(Some),
        };
        let staged = staged.map(|staged| Some(Staged { sha256: Some(content.sha256), ..staged? }));
        staged.map_err(|err| match err {
            WriteError::Output(err) => Problem::output("write", &target, &err),
            WriteError::Input(problem) => problem,
        })
    }

    /// Fails if a directory between the output directory and the file is a symlink: the file would be written to another
    /// directory, possibly to a source directory. The output directory itself may be a symlink.
    fn check_dirs_above(&self, file: &Path) -> Result<(), Problem> {
        let mut real = self.real.lock().unwrap_or_else(PoisonError::into_inner);
        let below = file.ancestors().skip(1).take_while(|dir| *dir != self.dir());
        let unknown: Vec<_> = below.take_while(|dir| !real.contains(*dir)).collect();
        for dir in unknown.into_iter().rev() {
            refuse_symlink(dir)?;
            real.insert(dir.to_owned());
        }
        Ok(())
    }

    /// Fails if a directory exists at the path of the file, or if a file exists at the path of one of the parent
    /// directories.
    fn check_path_is_free(&self, target: &Path) -> Result<(), Problem> {
        let (in_the_way, advice) = match fs::symlink_metadata(target) {
            Ok(metadata) if metadata.is_dir() => (
                Some(target),
                "is a directory, but a file must be written there; remove it, or rename the asset",
            ),
            Err(err) if err.kind() == io::ErrorKind::NotADirectory => {
                let file = target.ancestors().skip(1).find(|path| fs::symlink_metadata(path).is_ok());
                (file, "is a file, but a directory is needed there; remove it")
            }
            _ => return Ok(()),
        };
        let place = in_the_way.unwrap_or(target).display();
        Err(Problem::new(ErrorKind::Output, format!("{} {advice}", quoted(place))))
    }

    /// Moves staged files to their names in the output directory.
    pub(crate) fn publish(&self, mut staged: Vec<Staged>) -> Result<(), Problem> {
        let to_sync = if self.fsync { self.dirs_of(&staged) } else { BTreeSet::new() };
        let mut moved = HashMap::new();
        staged.retain(|staged| !staged.is_published_with_dir(self.dir(), &mut moved));
        self.dirs_of(&staged).iter().try_for_each(|dir| make_dir(dir))?;
        staged.into_par_iter().try_for_each(|staged| self.publish_asset(staged))?;
        to_sync.iter().try_for_each(|dir| sync_dir(dir))
    }

    /// Returns the output directory and all directories below it that contain the files.
    fn dirs_of(&self, staged: &[Staged]) -> BTreeSet<PathBuf> {
        let parents: BTreeSet<_> = staged.iter().filter_map(|staged| staged.name.parent()).collect();
        parents.into_iter().flat_map(Path::ancestors).map(|dir| self.dir().join(dir)).collect()
    }

    fn publish_asset(&self, staged: Staged) -> Result<(), Problem> {
        let (name, sha256) = (staged.name.clone(), staged.sha256);
        staged.publish(self.dir())?;
        let metadata = fs::symlink_metadata(self.dir().join(&name));
        if let (Some(name), Some(sha256), Ok(metadata)) = (name.to_str(), sha256, metadata) {
            self.published.insert(name, FileStamp::from_metadata(&metadata), sha256);
        }
        Ok(())
    }

    /// Removes an existing file, except in a dry run.
    pub(crate) fn remove(&self, path: &str) -> Result<(), Problem> {
        let file = self.dir().join(path);
        self.check_dirs_above(&file)?;
        if self.staging.is_dry {
            return Ok(());
        }
        fs::remove_file(&file).map_err(|err| Problem::output("remove", &file, &err))
    }

    /// Publishes the staged manifest, and records its times and `edit`.
    pub(crate) fn publish_manifest(
        &self,
        manifest: Staged,
        edit: Option<Edit>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Problem> {
        self.staging.publish_record(manifest)?;
        manifest_times::record(&self.staging, Times::of_manifest(self.dir()), edit, diagnostics);
        Ok(())
    }
}

fn remove(entry: &DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() {
        return fs::remove_dir_all(entry.path());
    }
    fs::remove_file(entry.path())
}

/// Returns `true` if an output directory has only records, and no published files.
fn has_only_records(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == ".fingerpost"))
    })
}

fn check_dir(dir: &Path) -> Result<(), Problem> {
    if fs::metadata(dir).is_ok_and(|metadata| !metadata.is_dir()) {
        let dir = quoted(dir.display());
        let message =
            format!("output directory {dir} is not a directory; remove the file, or use another path");
        return Err(Problem::new(ErrorKind::Output, message));
    }
    if let (Err(_), Ok(target)) = (fs::metadata(dir), fs::read_link(dir)) {
        let [dir, target] = [dir, &target].map(|path| quoted(path.display()));
        let message = format!(
            "output directory {dir} is a symlink to {target}, which does not exist; create that directory, or remove the symlink"
        );
        return Err(Problem::new(ErrorKind::Output, message));
    }
    Ok(())
}

/// Fails if a record is a symlink, because the target may belong to another output directory.
fn refuse_symlinks(dir: &Path, records: &[&str]) -> Result<(), Problem> {
    records.iter().try_for_each(|path| refuse_symlink(&dir.join(path)))
}

fn refuse_symlink(path: &Path) -> Result<(), Problem> {
    if !path.is_symlink() {
        return Ok(());
    }
    let advice = "nothing outside of the output directory is changed; replace the symlink with its target";
    Err(Problem::new(ErrorKind::Output, format!("{} is a symlink; {advice}", quoted(path.display()))))
}

/// Returns the directories above a file, the topmost first.
pub(crate) fn dirs_above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(slash, _)| &name[..slash])
}
