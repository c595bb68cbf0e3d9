//! Lists and reads the files to check.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{ErrorKind, Problem, quoted},
    sources::{IgnoreRules, SourceDir, Sources},
};

/// Names that are ignored in directories. Markdown files contain examples of templates.
const IGNORED: [&str; 4] = ["node_modules", "target", "*.md", "*.markdown"];

/// The number of bytes at the start of a file that are searched for a NUL. Templates contain no NUL.
const PREFIX: usize = 8000;

/// A file to check.
pub(crate) struct CheckedFile {
    pub(crate) file: PathBuf,
    /// The path that the globs of the rules match, separated by `/`.
    pub(crate) name: String,
}

impl CheckedFile {
    /// Creates a file below the path to check, `path`. A file outside the root has a name that is relative to `path`, because
    /// a glob cannot name a parent directory.
    fn new(file: PathBuf, path: &Path, root: &Path) -> Self {
        let dir = if file == path { path.parent().unwrap_or(path) } else { path };
        let name = file.strip_prefix(root).or_else(|_| file.strip_prefix(dir)).unwrap_or(&file);
        let name = name.to_string_lossy().replace('\\', "/");
        Self { name, file }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.file.extension().is_some_and(|extension| extension == "rs")
    }

    /// Reads the file, unless the file is binary, or has 4 GiB or more.
    pub(crate) fn read(&self) -> Result<Content, Problem> {
        let failed = |err| Problem::source(&self.file, &err);
        // The positions of tokens have 32 bits.
        if u32::try_from(fs::metadata(&self.file).map_err(failed)?.len()).is_err() {
            return Ok(self.skipped("has 4 GiB or more"));
        }
        let bytes = fs::read(&self.file).map_err(failed)?;
        Ok(match &bytes[..] {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                self.skipped("is UTF-16; template engines and Rust read only UTF-8")
            }
            bytes if memchr::memchr(0, &bytes[..bytes.len().min(PREFIX)]).is_some() => Content::Skipped(None),
            _ => Content::Bytes(bytes),
        })
    }

    fn skipped(&self, reason: &str) -> Content {
        let message = format!("{} is not checked: the file {reason}", quoted(self.file.display()));
        Content::Skipped(Some(Problem::new(ErrorKind::Source, message)))
    }
}

/// The content of a file.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A file that is not checked, with a note unless the file is binary.
    Skipped(Option<Problem>),
}

/// Lists the files below all paths, sorted. A file below two paths is listed once.
pub(crate) fn list(paths: &[PathBuf], root: &Path) -> (Vec<CheckedFile>, Vec<Problem>) {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for path in paths {
        match files_below(path) {
            Ok((below, more)) => {
                for file in below {
                    files.entry(file.clone()).or_insert_with(|| CheckedFile::new(file, path, root));
                }
                problems.extend(more);
            }
            Err(problem) => problems.push(problem),
        }
    }
    (files.into_values().collect(), problems)
}

fn files_below(path: &Path) -> Result<(Vec<PathBuf>, Vec<Problem>), Problem> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Ok((vec![path.to_owned()], Vec::new())),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            let message = format!("{} does not exist; correct the path to check", quoted(path.display()));
            return Err(Problem::new(ErrorKind::Source, message));
        }
        Err(err) => return Err(Problem::source(path, &err)),
    }
    let rules = IgnoreRules::new(IGNORED, false, true)?;
    let listing = Sources::open(vec![SourceDir::new(path)], rules, None)?.list();
    let files = listing.files.into_iter().map(|file| file.file).collect();
    Ok((files, listing.problems.into_iter().map(Problem::from).collect()))
}
