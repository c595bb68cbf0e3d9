use std::{
    collections::HashSet,
    ffi::OsStr,
    ops::Range,
    path::{Path, PathBuf},
    str,
};

use fingerpost::__private::{Error, ErrorKind, Locator, Problem, Remarks, Rule, Severity, quoted};
use percent_encoding::percent_decode_str;

use crate::{
    check_config::Options,
    files::{CheckedFile, Content},
    known_assets::Missing,
    mention::{Mention, What},
    report::Report,
    rust::rust_names,
    template,
};

/// The maximum length of a text in a message, in bytes. Messages show fewer characters.
const LONGEST: usize = 1_000;

/// One check, and the problems so far.
pub(crate) struct Run {
    options: Options,
    errors: Vec<Problem>,
    report: Report,
}

impl Run {
    pub(crate) fn new(options: Options, errors: Vec<Problem>) -> Self {
        Self { options, errors, report: Report::default() }
    }

    /// Reads and checks all files. The Rust files are read first, because a file may declare that another file is only for
    /// tests. Rust files with asset names are read again, so that their contents are not in memory at the same time.
    pub(crate) fn check_all(&mut self, files: &[CheckedFile]) {
        let mut test_modules = HashSet::new();
        let names = files.iter().map(|file| {
            let names =
                file.is_rust().then(|| file.read().ok()).flatten().and_then(|content| match content {
                    Content::Bytes(bytes) => {
                        rust_names(str::from_utf8(&bytes).ok()?, &self.options.receivers)
                    }
                    Content::Skipped(_) => None,
                })?;
            test_modules.extend(paths_of_modules(&names.test_modules, &file.file));
            names.mentions.is_empty().then_some(names.strings)
        });
        let strings: Vec<_> = names.collect();
        for (file, strings) in files.iter().zip(strings) {
            if file.is_rust() && file.file.ancestors().any(|path| test_modules.contains(path)) {
                continue;
            }
            match strings {
                Some(strings) => {
                    self.report.files += 1;
                    self.options.used.extend(strings);
                }
                None => self.check(file),
            }
        }
    }

    /// Reads and checks one file.
    fn check(&mut self, file: &CheckedFile) {
        let content = file.read();
        let bytes = match content {
            Ok(Content::Bytes(bytes)) => bytes,
            Ok(Content::Skipped(note)) => return self.report.notes.extend(note),
            Err(problem) => return self.errors.push(problem),
        };
        self.report.files += 1;
        let mut place = Place { file, locator: Locator::new(&file.file, "", &bytes) };
        if let Err(err) = str::from_utf8(&bytes) {
            let at = err.valid_up_to();
            let location = place.locator.locate(at..at + 1);
            let message = "this byte is not UTF-8; template engines and Rust read only UTF-8";
            self.report.notes.push(Problem::with_location(location, ErrorKind::Source, message));
        }
        let mentions = if file.is_rust() {
            self.rust_mentions(&bytes, file)
        } else {
            template::mentions(&bytes, &self.options.syntax, self.options.base.as_str())
        };
        for mention in mentions {
            self.check_mention(&mention, &mut place);
        }
    }

    fn rust_mentions(&mut self, bytes: &[u8], file: &CheckedFile) -> Vec<Mention> {
        let Ok(text) = str::from_utf8(bytes) else { return Vec::new() };
        let Some(names) = rust_names(text, &self.options.receivers) else {
            let file = quoted(file.file.display());
            let message = format!("{file} is not Rust, so the names in it are not checked");
            self.report.notes.push(Problem::new(ErrorKind::Source, message));
            return Vec::new();
        };
        self.options.used.extend(names.strings);
        names.mentions
    }

    fn check_mention(&mut self, mention: &Mention, place: &mut Place<'_>) {
        let span = mention.span.clone();
        match &mention.what {
            What::Literal { name, is_certain, is_entry } => {
                self.report.names += 1;
                let most = if *is_certain { Severity::Error } else { Severity::Warn };
                self.check_name(name, *is_entry, span, most, place);
            }
            What::Url { path } => {
                let text = place.text(&span);
                let (path, suffix) = path.as_deref().map(split_suffix).unwrap_or_default();
                let name = percent_decode_str(path).decode_utf8_lossy();
                // Every absolute path of the site starts with the base URL `/`.
                if self.options.base.as_str() == "/" && !self.options.assets.contains(&name) {
                    return;
                }
                if !name.is_empty() {
                    self.report.names += 1;
                    if self.check_name(&name, false, span.clone(), Severity::Error, place) {
                        return;
                    }
                }
                let message =
                    format!("{} is written by hand, so the URL does not change with the file", quoted(&text));
                let advice = (!name.is_empty() && !name.contains('"'))
                    .then(|| format!("write {}", quoted(format!("\"{name}{suffix}\" | static"))));
                self.report(Rule::HardCoded, Severity::Error, span, (message, advice, Vec::new()), place);
            }
            What::Dynamic => {
                let message = format!(
                    "{} is computed at run time, so the name is not checked",
                    quoted(place.text(&span))
                );
                self.report(Rule::Dynamic, Severity::Error, span, (message, None, Vec::new()), place);
            }
        }
    }

    /// Checks a name. Returns `true` if a problem was reported.
    fn check_name(
        &mut self,
        name: &str,
        is_entry: bool,
        span: Range<usize>,
        most: Severity,
        place: &mut Place<'_>,
    ) -> bool {
        match self.options.assets.find(name, is_entry) {
            Ok(path) => {
                self.options.used.extend(path);
                false
            }
            Err(Missing { message, advice, searched }) => {
                self.report(Rule::Missing, most, span, (message, advice, searched), place)
            }
        }
    }

    /// Reports a problem with the severity of its rule, but at most with the severity `most`. Returns `false` if the rule is
    /// ignored.
    fn report(
        &mut self,
        rule: Rule,
        most: Severity,
        span: Range<usize>,
        (message, advice, searched): (String, Option<String>, Vec<String>),
        place: &mut Place<'_>,
    ) -> bool {
        let severity = self.options.severities.get(rule, &place.file.name);
        if severity == Severity::Ignore {
            return false;
        }
        let problem = Problem::with_location(place.locator.locate(span), ErrorKind::Rule(rule), message)
            .with_advice(advice, searched)
            .with_silence(rule.silence("check", &place.file.name));
        match (severity, most) {
            (Severity::Error, Severity::Error) => self.errors.push(problem),
            _ => self.report.warnings.push(problem),
        }
        true
    }

    /// Reports the unused assets, and returns the report, or the errors.
    pub(crate) fn finish(mut self) -> Result<Report, Error> {
        for path in self.options.assets.unused(&self.options.used) {
            let message = format!("asset {} is named by none of the checked files", quoted(path));
            let problem = Problem::new(ErrorKind::Rule(Rule::Unused), message);
            match self.options.severities.get(Rule::Unused, path) {
                Severity::Error => self.errors.push(problem),
                Severity::Warn => self.report.warnings.push(problem),
                Severity::Ignore => {}
            }
        }
        let Report { warnings, notes, .. } = &mut self.report;
        match Error::from_problems(self.errors) {
            Ok(()) => Ok(self.report),
            Err(err) => {
                let (warnings, notes) = (std::mem::take(warnings), std::mem::take(notes));
                Err(err.with(Remarks { warnings, notes, ..Remarks::default() }))
            }
        }
    }
}

/// Returns the paths of modules that are declared in `file`: `tests.rs` and the directory `tests`.
fn paths_of_modules(names: &[String], file: &Path) -> impl Iterator<Item = PathBuf> {
    let dir = match file.file_stem().and_then(OsStr::to_str) {
        Some("main" | "lib" | "mod") => file.with_file_name(""),
        _ => file.with_extension(""),
    };
    names.iter().flat_map(move |name| [dir.join(format!("{name}.rs")), dir.join(name)])
}

/// Splits a URL before its query or fragment.
fn split_suffix(url: &str) -> (&str, &str) {
    url.split_at(url.find(['?', '#']).unwrap_or(url.len()))
}

/// The file that is being checked.
struct Place<'f> {
    file: &'f CheckedFile,
    locator: Locator<'f>,
}

impl Place<'_> {
    /// Returns as much of the start of a text as a message can show. Each of many nested calls may be as long as the file.
    fn text(&self, span: &Range<usize>) -> String {
        let bytes = self.locator.bytes(span);
        String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned()
    }
}
