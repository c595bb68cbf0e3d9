use std::{fmt, io, path::Path};

use fingerpost::__private::quoted;
use serde::{Serialize, Serializer};

use crate::diagnostics::{left_out::Shadowed, location::Location, rule::Rule};

/// All problems of a failed run. `Display` prints one [`Problem`] per line.
///
/// ```
/// use fingerpost_collect::{CollectConfig, ErrorKind, collect};
///
/// let err = collect(&CollectConfig::new("dist/static")).unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::Config);
/// assert_eq!(err.problems().len(), 1);
/// assert!(err.to_string().starts_with("no source directory is set; "));
/// ```
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
#[derive(Default, Serialize)]
pub(crate) struct Remarks {
    pub(crate) warnings: Vec<Problem>,
    #[serde(skip)]
    pub(crate) notes: Vec<Problem>,
    #[serde(skip)]
    pub(crate) shadowed: Vec<Shadowed>,
    #[serde(skip)]
    pub(crate) ignored: Vec<String>,
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
    /// The specifier of an import is computed at run time. Does not stop the run: see
    /// [`Report::notes`](crate::Report::notes).
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
    /// The directory of [`keep_from`](crate::CollectConfig::keep_from) does not exist, or does not match this output directory.
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

    /// Returns information that needs no action, like [`Report::notes`](crate::Report::notes).
    pub fn notes(&self) -> &[Problem] {
        &self.remarks.notes
    }

    /// Returns the hidden files, like [`Report::shadowed`](crate::Report::shadowed).
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.remarks.shadowed
    }

    /// Returns the ignored files and directories, like [`Report::ignored`](crate::Report::ignored).
    pub fn ignored(&self) -> &[String] {
        &self.remarks.ignored
    }

    /// Fails if there are problems.
    pub(crate) fn from_problems(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems, remarks: Box::default() }) }
    }

    pub(crate) fn with(self, remarks: Remarks) -> Self {
        Self { remarks: remarks.into(), ..self }
    }
}

/// Returns both values, or the problems of both results.
pub(crate) fn both<A, B>(a: Result<A, Error>, b: Result<B, Error>) -> Result<(A, B), Error> {
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

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None }
    }

    /// Creates a problem with a location in a file.
    pub(crate) fn with_location(location: Location, kind: ErrorKind, message: impl Into<String>) -> Self {
        let silence = match kind {
            ErrorKind::Rule(rule) => Some(rule.silence(&location.asset)),
            _ => None,
        };
        let details = Details { location, advice: None, searched: Vec::new(), silence };
        Self { details: Some(details.into()), ..Self::new(kind, message) }
    }

    /// Adds advice and the searched directories.
    pub(crate) fn with_advice(mut self, advice: Option<String>, searched: Vec<String>) -> Self {
        if let Some(details) = &mut self.details {
            (details.advice, details.searched) = (advice, searched);
        }
        self
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Creates the problem for a listed file that cannot be read.
    pub(crate) fn source(file: &Path, cause: &io::Error) -> Self {
        let file = quoted(file.display());
        let message = match cause.kind() {
            io::ErrorKind::NotFound => format!("{file} disappeared during the run; run the command again"),
            _ => format!("cannot read {file}: {cause}"),
        };
        Self::new(ErrorKind::Source, message)
    }

    /// Creates the problem for a failed `action`, such as `write`.
    pub(crate) fn output(action: &str, file: &Path, cause: &io::Error) -> Self {
        Self::new(ErrorKind::Output, format!("cannot {action} {}: {cause}", quoted(file.display())))
    }
}

impl From<fingerpost::Error> for Problem {
    fn from(err: fingerpost::Error) -> Self {
        use fingerpost::ErrorKind as Core;
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

impl From<fingerpost::Error> for Error {
    fn from(err: fingerpost::Error) -> Self {
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
