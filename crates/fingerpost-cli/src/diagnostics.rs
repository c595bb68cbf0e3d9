//! Formats problems, with an excerpt of the file and advice.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use fingerpost::__private::escape_controls;
use fingerpost_collect::{ErrorKind, Location, Problem};

use crate::terminal::{Terminal, escape_controls_per_line};

/// A terminal width greater than the length of any excerpt.
const UNLIMITED: usize = 1000;

/// Formats a problem with an excerpt of its file. Returns `None` if the problem has no location.
pub(crate) fn with_excerpt(problem: &Problem, level: Level<'_>, terminal: &Terminal) -> Option<String> {
    let Location { file, line, column, excerpt, span, .. } = problem.location()?;
    let file = display_path(file, terminal);
    let marked = AnnotationKind::Primary.span(span.clone());
    let snippet = Snippet::source(excerpt).path(&file).line_start(*line).annotation(marked);
    let searched = problem.searched().join(", ");
    let searched = (!searched.is_empty()).then(|| escape_controls(&format!("searched in {searched}")));
    let report = level
        .primary_title(escape_controls(problem.message()))
        .element(snippet)
        .elements(problem.advice().map(|advice| Level::HELP.message(escape_controls(advice))))
        .elements(searched.map(|searched| Level::NOTE.message(searched)));
    let renderer = Renderer::styled()
        .decor_style(if terminal.unicode { DecorStyle::Unicode } else { DecorStyle::Ascii })
        .term_width(terminal.columns.unwrap_or(UNLIMITED));
    // The renderer counts columns from the start of the excerpt, which may be a part of the line.
    let counted = excerpt[..span.start].chars().count() + 1;
    let [counted, actual] = [&counted, column].map(|column| format!("{file}:{line}:{column}"));
    Some(renderer.render(&[report]).replacen(&counted, &actual, 1) + "\n")
}

/// Formats a problem as `static/css/app.css:3:19: message (advice)`.
pub(crate) fn one_line(problem: &Problem, terminal: &Terminal) -> String {
    let place = problem.location().map(|location| {
        let Location { file, line, column, .. } = location;
        format!("{}:{line}:{column}: ", display_path(file, terminal))
    });
    let advice = problem.advice().map(|advice| format!(" ({advice})"));
    let message = match problem.kind() {
        // The message has several lines, because it contains an excerpt of the settings file.
        ErrorKind::Config => escape_controls_per_line(problem.message()),
        _ => escape_controls(problem.message()),
    };
    [place.unwrap_or_default(), message, advice.unwrap_or_default()].concat()
}

/// Returns the path, relative to the current directory if possible.
fn display_path(file: &Path, terminal: &Terminal) -> String {
    let short = terminal.current_dir.as_deref().and_then(|dir| file.strip_prefix(dir).ok());
    escape_controls(&short.unwrap_or(file).display().to_string())
}

#[cfg(test)]
mod tests {
    use fingerpost_collect::{CollectConfig, collect};

    use super::*;

    #[track_caller]
    fn format_excerpt(css: &str, unicode: bool, columns: usize) -> String {
        let site = tempfile::tempdir().unwrap();
        let source = site.path().join("static");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("a.css"), css).unwrap();
        let config = CollectConfig::new(site.path().join("out")).source(&source);
        let err = collect(&config).unwrap_err();
        let terminal = Terminal { unicode, columns: Some(columns), current_dir: Some(source) };
        let text = with_excerpt(err.problems().next().unwrap(), Level::ERROR, &terminal).unwrap();
        let lines: Vec<_> = text.lines().skip(1).take(4).collect();
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn unicode_terminal_gets_line_drawing_characters() {
        assert_eq!(
            format_excerpt("a{\n  b: url(x.png)\n}", true, 80),
            "  ╭▸ a.css:2:10\n  │\n2 │   b: url(x.png)\n  │          ━━━━━"
        );
    }

    #[test]
    fn excerpt_fits_a_narrow_terminal() {
        let css = format!("/*{}*/a{{b:url(x.png)}}/*{}*/", "漢".repeat(20), "b".repeat(50));
        for columns in (0..100).step_by(7) {
            for unicode in [true, false] {
                let formatted = format_excerpt(&css, unicode, columns);
                let widest = formatted.lines().map(console::measure_text_width).max().unwrap();
                assert!(formatted.contains("x.png") && widest <= columns.max(29), "{columns}: {formatted}");
            }
        }
    }
}
