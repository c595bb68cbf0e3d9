use std::{fmt, io, path::Path};

use serde::{Serialize, Serializer};

use super::{left_out::Shadowed, location::Location, rule::Rule};
use crate::{error, quote::quoted};

/// All problems of a failed run. `Display` prints one [`Problem`] per line.
///
/// Serializes to `{"errors": […], "warnings": […]}`, the JSON of `fingerpost collect --json`.
#[derive(Serialize)]
pub struct Error {
    /// Never empty.
    #[serde(rename = "errors")]
    problems: Vec<Problem>,
    #[serde(flatten)]
    remarks: Box<Remarks>,
}

/// Findings that do not stop a run.
#[derive(Debug, Default, Serialize)]
pub struct Remarks {
    /// Problems that do not stop the run.
    pub warnings: Vec<Problem>,
    /// Information that needs no action.
    #[serde(skip)]
    pub notes: Vec<Problem>,
    /// The shadowed files.
    #[serde(skip)]
    pub shadowed: Vec<Shadowed>,
    /// The ignored files and directories.
    #[serde(skip)]
    pub ignored: Vec<String>,
}

/// The kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is invalid, or a required setting is missing.
    Config,
    /// A source directory, a source file or a file of a component is missing, is unreadable, has an unusable name, or changed
    /// during the run.
    Source,
    /// A file breaks a rule.
    Rule(Rule),
    /// The specifier of an import is computed at run time. Does not stop the run. The notes of the report list these
    /// imports.
    Unknown,
    /// A file has a reference that cannot be rewritten. Does not stop the run.
    PlainName,
    /// A file is nested too deeply to be parsed. The limit is 255 nested blocks in a style sheet, and about 30,000 nested
    /// brackets or 100,000 operators in a script.
    TooDeep,
    /// There is not enough memory to parse a script or to start threads.
    OutOfMemory,
    /// Two files would have the same name in the output directory.
    Clash,
    /// A manifest or a release file in an output directory is missing or invalid.
    Manifest,
    /// The release to publish again does not exist, or is not known.
    Release,
    /// A file of the release to publish again is missing or damaged.
    File,
    /// The directory of `keep_from` does not exist, or does not match this output directory.
    KeepFrom,
    /// The output directory cannot be read or written.
    Output,
    /// Another run holds the lock, and the settings disable waiting.
    Locked,
}

/// A problem, with its location and advice.
#[derive(Clone, PartialEq, Serialize)]
pub struct Problem {
    kind: ErrorKind,
    message: String,
    #[serde(flatten)]
    details: Option<Box<Details>>,
}

/// The details of a problem that has a location.
#[derive(Clone, PartialEq, Serialize)]
struct Details {
    location: Location,
    advice: Option<String>,
    searched: Vec<String>,
    silence: Option<String>,
}

impl Error {
    /// Returns the kind of the first problem.
    pub fn kind(&self) -> ErrorKind {
        self.problems[0].kind
    }

    /// Returns all problems, in the order in which the run found them.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Returns the problems that would not have stopped the run.
    pub fn warnings(&self) -> &[Problem] {
        &self.remarks.warnings
    }

    /// Returns information that needs no action, like the notes of the report.
    pub fn notes(&self) -> &[Problem] {
        &self.remarks.notes
    }

    /// Returns the shadowed files, like `shadowed` of the report.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.remarks.shadowed
    }

    /// Returns the ignored files and directories, like `ignored` of the report.
    pub fn ignored(&self) -> &[String] {
        &self.remarks.ignored
    }

    /// Fails if there are problems.
    #[doc(hidden)]
    pub fn from_problems(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems, remarks: Box::default() }) }
    }

    /// Adds the findings that do not stop the run.
    #[doc(hidden)]
    pub fn with(self, remarks: Remarks) -> Self {
        Self { remarks: remarks.into(), ..self }
    }
}

/// Returns both values, or the problems of both results.
pub fn both<A, B>(a: Result<A, Error>, b: Result<B, Error>) -> Result<(A, B), Error> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut err), Err(more)) => {
            err.problems.extend(more.problems);
            Err(err)
        }
        (Err(err), Ok(_)) | (Ok(_), Err(err)) => Err(err),
    }
}

impl Problem {
    /// Returns the kind of this problem.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the message, without location or advice.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the location in a file, if the problem has one.
    pub fn location(&self) -> Option<&Location> {
        Some(&self.details.as_ref()?.location)
    }

    /// Returns advice, such as ``did you mean `css/app.css`?``
    pub fn advice(&self) -> Option<&str> {
        self.details.as_ref()?.advice.as_deref()
    }

    /// Returns the source directories that were searched for a missing file, as `DIR` or `PREFIX=DIR`.
    pub fn searched(&self) -> &[String] {
        self.details.as_ref().map_or(&[], |details| &details.searched)
    }

    /// Returns the line of `fingerpost.toml` that silences the problem. The line must be above the first `[table]`.
    pub fn silence(&self) -> Option<&str> {
        self.details.as_ref()?.silence.as_deref()
    }

    /// Creates a problem without a location.
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None }
    }

    /// Creates a problem with a location in a file.
    #[doc(hidden)]
    pub fn with_location(location: Location, kind: ErrorKind, message: impl Into<String>) -> Self {
        let silence = match kind {
            ErrorKind::Rule(rule) if !location.asset.is_empty() => {
                Some(rule.silence("collect", &location.asset))
            }
            _ => None,
        };
        let details = Details { location, advice: None, searched: Vec::new(), silence };
        Self { details: Some(details.into()), ..Self::new(kind, message) }
    }

    /// Adds advice and the searched directories.
    #[doc(hidden)]
    pub fn with_advice(mut self, advice: Option<String>, searched: Vec<String>) -> Self {
        if let Some(details) = &mut self.details {
            (details.advice, details.searched) = (advice, searched);
        }
        self
    }

    /// Adds the line of `fingerpost.toml` that silences the problem.
    #[doc(hidden)]
    pub fn with_silence(mut self, line: String) -> Self {
        if let Some(details) = &mut self.details {
            details.silence = Some(line);
        }
        self
    }

    /// Creates the problem for invalid settings.
    #[doc(hidden)]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Creates the problem for a listed file that cannot be read.
    #[doc(hidden)]
    pub fn source(file: &Path, cause: &io::Error) -> Self {
        let file = quoted(file.display());
        let message = match cause.kind() {
            io::ErrorKind::NotFound => format!("{file} disappeared during the run; run the command again"),
            _ => format!("cannot read {file}: {cause}"),
        };
        Self::new(ErrorKind::Source, message)
    }

    /// Creates the problem for a failed `action`, such as `write`.
    #[doc(hidden)]
    pub fn output(action: &str, file: &Path, cause: &io::Error) -> Self {
        Self::new(ErrorKind::Output, format!("cannot {action} {}: {cause}", quoted(file.display())))
    }
}

impl From<error::Error> for Problem {
    fn from(err: error::Error) -> Self {
        use error::ErrorKind as Core;
        let kind = match err.kind() {
            Core::InvalidConfig | Core::InvalidBaseUrl => ErrorKind::Config,
            Core::InvalidManifest | Core::ManifestNotFound => ErrorKind::Manifest,
            _ => ErrorKind::Source,
        };
        Self::new(kind, err.to_string())
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem], remarks: Box::default() }
    }
}

impl From<error::Error> for Error {
    fn from(err: error::Error) -> Self {
        Problem::from(err).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.problems()).finish()
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Location { file, line, column, .. }) = self.location() {
            write!(f, "{}:{line}:{column}: ", quoted(file.display()))?;
        }
        f.write_str(&self.message)?;
        self.advice().map_or(Ok(()), |advice| write!(f, " ({advice})"))
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.kind)
    }
}

impl ErrorKind {
    /// Returns the name in JSON, such as `missing-map` or `output`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Source => "source",
            Self::Rule(rule) => rule.as_str(),
            Self::Unknown => "unknown",
            Self::PlainName => "plain-name",
            Self::TooDeep => "too-deep",
            Self::OutOfMemory => "out-of-memory",
            Self::Clash => "clash",
            Self::Manifest => "manifest",
            Self::Release => "release",
            Self::File => "file",
            Self::KeepFrom => "keep-from",
            Self::Output => "output",
            Self::Locked => "locked",
        }
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
