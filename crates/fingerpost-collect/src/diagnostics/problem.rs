use std::{fmt, io, path::Path};

use fingerpost::__private::quoted;
use serde::{Serialize, Serializer};

use crate::diagnostics::{left_out::Shadowed, location::Location, rule::Rule};

/// Everything that went wrong in one run, one [`Problem`] a line.
///
/// ```
/// use fingerpost_collect::{CollectConfig, ErrorKind, collect};
///
/// let err = collect(&CollectConfig::new("dist/static")).unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::Config);
/// assert_eq!(err.problems().len(), 1);
/// assert!(err.to_string().starts_with("no source dir is set; "));
/// ```
///
/// As JSON `{"errors": […], "warnings": […]}`, which `fingerpost collect --json` prints.
#[derive(Serialize)]
pub struct Error {
    /// At least one.
    #[serde(rename = "errors")]
    problems: Vec<Problem>,
    #[serde(flatten)]
    besides: Box<Remarks>,
}

/// What a run that fails has found out all the same.
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

/// The kinds of [`Problem`], for code that has to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting makes no sense, or one that is needed is not set.
    Config,
    /// A source dir, a file in it or a file of a component is not there, cannot be read, has no usable name, or changed
    /// meanwhile.
    Source,
    /// A file breaks a rule.
    Rule(Rule),
    /// Something in a script cannot be known. It stops nothing: it is in [`Report::notes`](crate::Report::notes).
    Unknown,
    /// A file names another where nothing can be rewritten. It stops nothing.
    PlainName,
    /// A file is nested deeper than can be parsed: a style sheet beyond 255 blocks, a script beyond about 30,000 brackets or
    /// 100,000 operators.
    TooDeep,
    /// There is not enough memory to parse a script, or to start threads.
    OutOfMemory,
    /// Two files want the same name in the output dir.
    Clash,
    /// A manifest in an output dir cannot be used.
    Manifest,
    /// The earlier output dir of [`keep_from`](crate::CollectConfig::keep_from) is not there, or does not fit this one.
    KeepFrom,
    /// The output dir cannot be read or written.
    Output,
    /// Another run holds the lock, and this one was told not to wait.
    Locked,
}

/// One thing that is wrong: what, where, and what to do about it.
#[derive(Clone, PartialEq, Serialize)]
pub struct Problem {
    kind: ErrorKind,
    message: String,
    #[serde(flatten)]
    details: Option<Box<Details>>,
}

/// What is known of a problem that stands in a file.
#[derive(Clone, PartialEq, Serialize)]
struct Details {
    location: Location,
    advice: Option<String>,
    searched: Vec<String>,
    silence: Option<String>,
}

impl Error {
    /// The kind of the first problem.
    pub fn kind(&self) -> ErrorKind {
        self.problems[0].kind
    }

    /// All problems, in the order in which the steps of a run found them.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = &Problem> {
        self.problems.iter()
    }

    /// What looked wrong as well until then, and would not have stopped the run.
    pub fn warnings(&self) -> &[Problem] {
        &self.besides.warnings
    }

    /// What nobody has to do anything about, as in [`Report::notes`](crate::Report::notes).
    pub fn notes(&self) -> &[Problem] {
        &self.besides.notes
    }

    /// Files that an earlier source dir hides.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.besides.shadowed
    }

    /// What the rules leave out, as in [`Report::ignored`](crate::Report::ignored).
    pub fn ignored(&self) -> &[String] {
        &self.besides.ignored
    }

    /// Nothing, if there is no problem.
    pub(crate) fn from_problems(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems, besides: Box::default() }) }
    }

    pub(crate) fn with(self, besides: Remarks) -> Self {
        Self { besides: besides.into(), ..self }
    }
}

/// Both results, or the problems of both.
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
    /// The kind of this problem.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What is wrong, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it stands in a file, if it does.
    pub fn location(&self) -> Option<&Location> {
        Some(&self.details.as_ref()?.location)
    }

    /// What probably helps, if something comes to mind: ``did you mean `css/app.css`?``
    pub fn advice(&self) -> Option<&str> {
        self.details.as_ref()?.advice.as_deref()
    }

    /// The source dirs in which a missing file was looked for, as `DIR` or `PREFIX=DIR`.
    pub fn searched(&self) -> &[String] {
        self.details.as_ref().map_or(&[], |details| &details.searched)
    }

    /// The line of `fingerpost.toml` that silences it, to stand before any `[table]`.
    pub fn silence(&self) -> Option<&str> {
        self.details.as_ref()?.silence.as_deref()
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None }
    }

    /// A problem in a file.
    pub(crate) fn with_location(location: Location, kind: ErrorKind, message: impl Into<String>) -> Self {
        let silence = match kind {
            ErrorKind::Rule(rule) => Some(rule.silence(&location.asset)),
            _ => None,
        };
        let details = Details { location, advice: None, searched: Vec::new(), silence };
        Self { details: Some(details.into()), ..Self::new(kind, message) }
    }

    /// Adds what probably helps, and where was looked.
    pub(crate) fn with_advice(mut self, advice: Option<String>, searched: Vec<String>) -> Self {
        if let Some(details) = &mut self.details {
            (details.advice, details.searched) = (advice, searched);
        }
        self
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A file of a source dir that the listing has named, and that cannot be read now.
    pub(crate) fn source(file: &Path, cause: &io::Error) -> Self {
        let file = quoted(file.display());
        Self::new(
            ErrorKind::Source,
            match cause.kind() {
                io::ErrorKind::NotFound => {
                    format!("{file} disappeared during the run; run the command again")
                }
                _ => format!("cannot read {file}: {cause}"),
            },
        )
    }

    /// `action` is what could not be done, such as `write`.
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
        Self { problems: vec![problem], besides: Box::default() }
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
    /// The name in JSON: `missing-map`, `output`.
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
