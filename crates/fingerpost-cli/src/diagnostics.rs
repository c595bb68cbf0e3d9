//! How problems look: what is wrong, the line that it stands in, and what to do about it.

use std::{fmt, ops::Range, path::Path};

use console::{measure_text_width, truncate_str};
use fingerpost_collect::{ErrorKind, Location, Problem};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    Severity, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::terminal::{Terminal, escape_controls, escape_controls_per_line};

/// Renders problems for one terminal.
pub(crate) struct DiagnosticRenderer<'s> {
    terminal: &'s Terminal,
    handler: GraphicalReportHandler,
}

impl<'s> DiagnosticRenderer<'s> {
    pub(crate) fn new(terminal: &'s Terminal) -> Self {
        let characters = if terminal.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        let (error, warning) = ("error:".to_owned(), "warning:".to_owned());
        let characters = ThemeCharacters { error, warning, ..characters };
        let styles = ThemeStyles::ansi();
        let styles = ThemeStyles { error: styles.error.bold(), warning: styles.warning.bold(), ..styles };
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles });
        // A terminal wraps text as well, and what it wraps can still be copied.
        Self { terminal, handler: handler.with_wrap_lines(false).with_links(false).with_context_lines(0) }
    }

    /// A problem with the line that it stands in; nothing, if it stands in none.
    pub(crate) fn with_excerpt(&self, problem: &Problem, severity: Severity) -> Option<String> {
        let snippet = Snippet::new(problem.location()?, self.terminal);
        let mut text = String::new();
        self.handler.render_report(&mut text, &ProblemDiagnostic { problem, severity, snippet }).ok()?;
        Some(text.trim_start().to_owned())
    }
}

/// `static/css/app.css:3:19: what is wrong (what may help)`
pub(crate) fn one_line(problem: &Problem, terminal: &Terminal) -> String {
    let place = problem.location().map(|location| {
        let Location { file, line, column, .. } = location;
        format!("{}:{line}:{column}: ", display_path(file, terminal))
    });
    let advice = problem.advice().map(|advice| format!(" ({advice})"));
    let message = match problem.kind() {
        // It shows the line of the settings file.
        ErrorKind::Config => escape_controls_per_line(problem.message()),
        _ => escape_controls(problem.message()),
    };
    [place.unwrap_or_default(), message, advice.unwrap_or_default()].concat()
}

/// A file as people at this place name it.
fn display_path(file: &Path, terminal: &Terminal) -> String {
    let short = terminal.current_dir.as_deref().and_then(|dir| file.strip_prefix(dir).ok());
    escape_controls(&short.unwrap_or(file).display().to_string())
}

#[derive(Debug)]
struct ProblemDiagnostic<'p> {
    problem: &'p Problem,
    severity: Severity,
    snippet: Snippet,
}

impl fmt::Display for ProblemDiagnostic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_controls(self.problem.message()))
    }
}

impl std::error::Error for ProblemDiagnostic<'_> {}

impl Diagnostic for ProblemDiagnostic<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let searched = self.problem.searched();
        let lines = [
            self.problem.advice().map(str::to_owned),
            (!searched.is_empty()).then(|| escape_controls(&format!("searched in {}", searched.join(", ")))),
        ];
        let lines: Vec<_> = lines.into_iter().flatten().collect();
        (!lines.is_empty()).then(|| Box::new(lines.join("\n")) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Range { start, end } = self.snippet.span;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, start, end - start))))
    }
}

/// A line, or a part of it, that knows where in a file it stands.
#[derive(Debug)]
struct Snippet {
    name: String,
    line: usize,
    column: usize,
    text: String,
    span: Range<usize>,
}

impl Snippet {
    fn new(location: &Location, terminal: &Terminal) -> Self {
        let Location { file, line, column, excerpt, span, .. } = location;
        let (mut text, mut span) = (excerpt.clone(), span.clone());
        if let Some(columns) = terminal.columns {
            let number = line.to_string().len() + " ".len() + " | ".len();
            // Marks in ASCII are longer, by two at either end.
            let marks = if terminal.unicode { 0 } else { 4 };
            (text, span) = fit_line(&text, span, columns.saturating_sub(number + marks));
        }
        if !terminal.unicode {
            text = with_ascii_ellipses(&text, &span);
        }
        Self { name: display_path(file, terminal), line: *line, column: *column, text, span }
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (name, text, whole) = (self.name.clone(), self.text.as_bytes(), (0..self.text.len()).into());
        let contents = MietteSpanContents::new_named(name, text, whole, self.line - 1, self.column - 1, 1);
        Ok(Box::new(contents))
    }
}

/// Cuts a line at both ends until it fits, the highlighted part last.
fn fit_line(line: &str, span: Range<usize>, columns: usize) -> (String, Range<usize>) {
    let columns = columns.max(20);
    if measure_text_width(line) <= columns {
        return (line.to_owned(), span);
    }
    let target = truncate_end(&line[span.clone()], columns - 2);
    let left = columns - measure_text_width(&target);
    let (head, tail) = (&line[..span.start], &line[span.end..]);
    let for_head = left.saturating_sub(measure_text_width(tail)).max(left / 2);
    let head = truncate_start(head, for_head);
    let tail = truncate_end(tail, left - measure_text_width(&head));
    let span = head.len()..head.len() + target.len();
    ([head, target, tail].concat(), span)
}

/// As much of the start as fits, with a mark where it is cut.
fn truncate_end(text: &str, columns: usize) -> String {
    truncate_str(text, columns, if columns == 0 { "" } else { "…" }).into_owned()
}

/// The same of the end.
fn truncate_start(text: &str, columns: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    truncate_end(&reversed, columns).chars().rev().collect()
}

/// Other marks where a line is cut, of as many bytes, for what can draw no more than ASCII.
fn with_ascii_ellipses(line: &str, span: &Range<usize>) -> String {
    let mut marked = line.to_owned();
    for end in ['…'.len_utf8(), span.end, line.len()] {
        let start = end.saturating_sub('…'.len_utf8());
        if line.get(start..end) == Some("…") {
            marked.replace_range(start..end, "...");
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use fingerpost_collect::{CollectConfig, collect};

    use super::*;

    #[track_caller]
    fn fitted(line: &str, target: &str, columns: usize) -> String {
        let start = line.find(target).unwrap();
        let (text, span) = fit_line(line, start..start + target.len(), columns);
        assert!(measure_text_width(&text) <= columns, "{text}");
        let (before, rest) = text.split_at(span.start);
        let (target, behind) = rest.split_at(span.end - span.start);
        format!("{before}[{target}]{behind}")
    }

    #[test]
    fn line_is_truncated_around_the_span() {
        assert_eq!(fitted("a x b", "x", 20), "a [x] b");
        let line = format!("{}x{}", "a".repeat(30), "b".repeat(30));
        assert_eq!(fitted(&line, "x", 20), "…aaaaaaaa[x]bbbbbbbbb…");
        assert_eq!(fitted(&line[..33], "x", 20), "…aaaaaaaaaaaaaaaa[x]bb");
        assert_eq!(fitted(&line[28..], "x", 20), "aa[x]bbbbbbbbbbbbbbbb…");
        let long = "x".repeat(30);
        assert_eq!(fitted(&format!("a {long} b"), &long, 20), "…[xxxxxxxxxxxxxxxxx…]…");
        assert_eq!(fitted(&format!("{}x", "漢".repeat(30)), "x", 20), "…漢漢漢漢漢漢漢漢漢[x]");
    }

    #[test]
    fn ellipses_can_be_ascii() {
        let marked = |line: &str, span| with_ascii_ellipses(line, &span);
        assert_eq!(marked("…a…", 3..4), "...a...");
        assert_eq!(marked("a…b…c", 0..4), "a...b…c");
        assert_eq!(marked("é", 0..2), "é");
        assert_eq!(marked("", 0..0), "");
    }

    #[track_caller]
    fn shown(css: &str, unicode: bool, columns: usize) -> String {
        let site = tempfile::tempdir().unwrap();
        let source = site.path().join("static");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("a.css"), css).unwrap();
        let config = CollectConfig::new(site.path().join("out")).source(&source);
        let err = collect(&config).unwrap_err();
        let terminal = Terminal { unicode, columns: Some(columns), current_dir: Some(source) };
        let diagnostics = DiagnosticRenderer::new(&terminal);
        let text = diagnostics.with_excerpt(err.problems().next().unwrap(), Severity::Error).unwrap();
        let lines: Vec<_> = text.lines().skip(1).take(4).collect();
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn unicode_terminal_gets_line_drawing_characters() {
        assert_eq!(
            shown("a{\n  b: url(x.png)\n}", true, 80),
            "   ╭─[a.css:2:10]\n 2 │   b: url(x.png)\n   ·          ─────\n   ╰────"
        );
    }

    #[test]
    fn excerpt_fits_a_narrow_terminal() {
        let css = format!("/*{}*/a{{b:url(x.png)}}/*{}*/", "漢".repeat(20), "b".repeat(50));
        assert_eq!(
            shown(&css, false, 30),
            "   ,-[a.css:1:33]\n 1 | ...{b:url(x.png)}/*bbb...\n   :           ^^^^^\n   `----"
        );
        for columns in (0..100).step_by(7) {
            for unicode in [true, false] {
                let shown = shown(&css, unicode, columns);
                let widest = shown.lines().map(measure_text_width).max().unwrap();
                assert!(shown.contains("x.png") && widest <= columns.max(29), "{columns}: {shown}");
            }
        }
    }
}
