//! Reads a settings file key by key, so that every error is reported with its line.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue, ValueDeserializer},
};

use crate::{
    error::Error,
    files::{absolute, is_absent},
    quote::{escape_controls, is_bidi_or_line_separator, quoted},
    suggest::nearest,
};

/// Keys that are often written into the wrong table, with the header of the correct table.
const MISPLACED: [(&str, &[&str]); 3] = [
    (
        "collect",
        &["compress", "compress-maps", "fsync", "keep-from", "originals", "pack", "prehashed", "rules"],
    ),
    (
        "collect.rules",
        &[
            "bare",
            "leaves-base",
            "missing",
            "missing-map",
            "outside-base",
            "shadowed",
            "syntax",
            "unsupported",
        ],
    ),
    ("importmap", &["imports", "modules"]),
];

/// A settings file that is valid TOML.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    text: String,
}

impl SettingsFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) if the file does not exist or is not TOML;
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable).
    pub(crate) fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = absolute(path);
        let file = quoted(path.display());
        let text = fs::read_to_string(&path).map_err(|err| match err {
            err if is_absent(&err) => Error::config(format!("settings file {file} does not exist")),
            err => Error::unreadable(&path, &err),
        })?;
        match DeTable::parse(&text) {
            Ok(_) => Ok(Self { path, text }),
            Err(err) => {
                let reason = escape_lines(err.to_string().trim_end());
                Err(Error::config(format!("settings file {file}: {reason}")))
            }
        }
    }

    /// Returns the directory that paths in the file are relative to.
    pub(crate) fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Returns the top-level table.
    pub(crate) fn top(&self) -> SettingsTable<'_> {
        let entries = DeTable::parse(&self.text).map(Spanned::into_inner).unwrap_or_default();
        SettingsTable::new(self, String::new(), 0, entries)
    }

    /// Returns an error that contains the line at this position.
    fn error(&self, position: usize, reason: &str) -> Error {
        let line = self.text.as_bytes()[..position].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::config(format!("settings file {}: line {line}: {reason}", quoted(self.path.display())))
    }
}

/// Escapes the control characters in an excerpt of a file. Preserves tabs and line breaks.
fn escape_lines(excerpt: &str) -> String {
    let escaped = |line: &str| line.split('\t').map(escape_controls).collect::<Vec<_>>().join("\t");
    excerpt.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// One table of a settings file. Read every known key, then call [`finish`](Self::finish).
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("fingerpost.toml");
/// std::fs::write(&file, "[clean]\nkeep = 3\nolder-then = '7d'\n")?;
///
/// let settings = fingerpost::Settings::read(&file)?;
/// let mut clean = settings.table("clean");
/// assert_eq!(clean.get::<usize>("keep"), Some(3));
/// assert_eq!(clean.get::<String>("older-than"), None);
/// let errors = clean.finish();
/// assert!(errors[0].to_string().ends_with("unknown key `older-then` in `[clean]`; did you mean `older-than`?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SettingsTable<'s> {
    /// `None` if there is no file.
    file: Option<&'s SettingsFile>,
    /// The text between the brackets of the header; empty for the top level.
    header: String,
    /// The start of the table in the text.
    position: usize,
    /// The entries that were not read yet.
    entries: DeTable<'s>,
    known: Vec<&'static str>,
    /// Errors with their positions in the text.
    errors: Vec<(usize, Error)>,
}

impl<'s> SettingsTable<'s> {
    fn new(file: &'s SettingsFile, header: String, position: usize, entries: DeTable<'s>) -> Self {
        Self { file: Some(file), header, position, entries, ..Self::default() }
    }

    /// Returns a value, or `None` if the value is missing or has the wrong type. [`finish`](Self::finish) reports wrong
    /// types.
    pub fn get<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.get_with(key, Ok)
    }

    /// Returns the result of `parse` for a value.
    pub fn get_with<T: DeserializeOwned, U>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(T) -> Result<U, Error>,
    ) -> Option<U> {
        let value = self.take(key)?;
        let start = value.span().start;
        let value = match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => parse(value).map_err(|err| (start, err.to_string())),
            Err(err) => Err((err.span().map_or(start, |span| span.start), err.message().to_owned())),
        };
        value
            .map_err(|(position, reason)| {
                self.refuse(position, &format!("{}: {reason}", self.key_label(key)))
            })
            .ok()
    }

    /// Returns an absolute path. A relative path is resolved against the directory of the file. An empty path counts as
    /// unset.
    pub fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let path = self.get::<PathBuf>(key).filter(|path| !path.as_os_str().is_empty())?;
        Some(self.file?.dir().join(path))
    }

    /// Returns a URL unchanged, and other values like [`path`](Self::path).
    pub fn path_or_url(&mut self, key: &'static str) -> Option<PathBuf> {
        let is_url = |value: &DeValue<'_>| value.as_str().is_some_and(is_url);
        if self.entries.get(key).is_some_and(|value| is_url(value.get_ref())) {
            return self.get(key);
        }
        self.path(key)
    }

    /// Returns the table under a key, or an empty table if the key is missing.
    pub fn table(&mut self, key: &'static str) -> Self {
        let Some((file, value)) = self.file.zip(self.take(key)) else { return Self::default() };
        let (header, start) = (self.header_of(key), value.span().start);
        match value.into_inner() {
            DeValue::Table(entries) => Self::new(file, header, start, entries),
            _ => {
                let (label, header) = (self.key_label(key), quoted(format!("[{header}]")));
                self.refuse(start, &format!("{label} is not a table; write {header}"));
                Self::default()
            }
        }
    }

    /// Returns all tables under keys that were not read, by key.
    pub fn other_tables(&mut self) -> Vec<(String, Self)> {
        let Some(file) = self.file else { return Vec::new() };
        let entries = std::mem::take(&mut self.entries).into_iter();
        let (tables, others): (Vec<_>, Vec<_>) = entries.partition(|(_, value)| value.get_ref().is_table());
        self.entries.extend(others);
        let table = |(key, value): (Spanned<DeString<'s>>, Spanned<DeValue<'s>>)| {
            let DeValue::Table(entries) = value.into_inner() else { return None };
            let (start, key) = (key.span().start, key.into_inner().into_owned());
            let header = self.header_of(&toml_key(&key));
            Some((key, Self::new(file, header, start, entries)))
        };
        tables.into_iter().filter_map(table).collect()
    }

    /// Adds an error about the table itself, such as an invalid name.
    pub fn reject(&mut self, reason: &Error) {
        self.refuse(self.position, &reason.to_string());
    }

    /// Finishes a nested table, and adds the errors of the nested table to this table.
    pub fn include(&mut self, table: Self) {
        self.errors.extend(table.into_errors());
    }

    /// Returns all errors in the order of the file: for values that have the wrong type or cannot be parsed, and for
    /// keys that were not read.
    pub fn finish(self) -> Vec<Error> {
        let mut errors = self.into_errors();
        errors.sort_by_key(|(position, _)| *position);
        errors.into_iter().map(|(_, err)| err).collect()
    }

    fn into_errors(mut self) -> Vec<(usize, Error)> {
        for (key, _) in std::mem::take(&mut self.entries) {
            let (label, advice) = (self.key_label(key.get_ref()), self.advice(key.get_ref()));
            self.refuse(key.span().start, &format!("unknown key {label}; {advice}"));
        }
        self.errors
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'s>>> {
        self.known.push(key);
        self.entries.remove(key)
    }

    fn refuse(&mut self, position: usize, reason: &str) {
        let error = self.file.map(|file| (position, file.error(position, reason)));
        self.errors.extend(error);
    }

    /// Returns the advice for an unknown key.
    fn advice(&self, key: &str) -> String {
        let kebab = key.replace('_', "-");
        if kebab == "app-version" {
            return "write `app` in the table `[version]`".to_owned();
        }
        let is_known = self.known.contains(&&*kebab);
        if let Some((header, _)) = MISPLACED.iter().find(|(_, keys)| !is_known && keys.contains(&&*kebab)) {
            return format!("write `{kebab}` in the table `[{header}]`");
        }
        match nearest(&kebab, self.known.iter().copied()).first() {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known keys are `{}`", self.known.join("`, `")),
        }
    }

    /// Returns the name of a key in messages.
    fn key_label(&self, key: &str) -> String {
        match &*self.header {
            "" => quoted(key),
            header => format!("{} in {}", quoted(key), quoted(format!("[{header}]"))),
        }
    }

    fn header_of(&self, key: &str) -> String {
        if self.header.is_empty() { key.to_owned() } else { format!("{}.{key}", self.header) }
    }
}

/// Returns `true` for a URL with a host, such as `s3://BUCKET/PREFIX`.
pub fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// Writes a key of a table in TOML.
///
/// ```
/// assert_eq!(fingerpost::__private::toml_key("a \"b\".css"), r#""a \"b\".css""#);
/// ```
///
/// Escapes quotes, backslashes, control characters and invisible bidirectional control characters.
pub fn toml_key(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() || is_bidi_or_line_separator(c) => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
