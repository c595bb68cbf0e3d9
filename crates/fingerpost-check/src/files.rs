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
    /// The path that the globs of the rules match, with `/`.
    pub(crate) name: String,
}

impl CheckedFile {
    fn new(file: PathBuf, root: &Path) -> Self {
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        Self { name, file }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.file.extension().is_some_and(|extension| extension == "rs")
    }

    /// Reads the file. Returns `None` for a binary file, and for a file of 4 GiB or more.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Problem> {
        let bytes = fs::read(&self.file).map_err(|err| Problem::source(&self.file, &err))?;
        let is_binary = memchr::memchr(0, &bytes[..bytes.len().min(PREFIX)]).is_some();
        // The positions of tokens have 32 bits.
        let is_too_long = u32::try_from(bytes.len()).is_err();
        Ok((!is_binary && !is_too_long).then_some(bytes))
    }
}

/// Lists the files below all paths, sorted. A file below two paths is listed once.
pub(crate) fn list(paths: &[PathBuf], root: &Path) -> (Vec<CheckedFile>, Vec<Problem>) {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for path in paths {
        match files_below(path) {
            Ok((below, more)) => {
                files.extend(below.into_iter().map(|file| (file.clone(), CheckedFile::new(file, root))));
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
