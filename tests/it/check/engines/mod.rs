//! Compares the names that `check` finds with the names that the parsers of the engines find.

mod askama;
mod corpus;
mod minijinja;
mod tera;

use std::{collections::BTreeSet, fs};

use fingerpost_check::{CheckConfig, check};
use tempfile::TempDir;

/// The parser of an engine.
pub(crate) trait Engine: Sync {
    /// Returns the offsets of the literal names in calls and filters, or `None` if the engine rejects the template.
    fn names(&self, template: &str) -> Option<BTreeSet<usize>>;

    /// Returns each form of an expression with a name, as the text before and after the name.
    fn expressions(&self) -> &'static [[&'static str; 2]];

    /// Returns each form of a name at the start of a longer expression, as the text before and after the name.
    fn prefixes(&self) -> &'static [[&'static str; 2]];
}

/// A name that no original template contains.
const NAME: &str = "zq.css";

/// Templates with one construct each. The test replaces `N` by an expression with a name.
const SMALL: &[&str] = &[
    "N",
    "a\nN b N\n",
    "\r\n\tN\r\nN",
    "é漢\u{1f600} N\n\u{2028}N",
    "\u{feff}N",
    "{# N #}N",
    "{#N#}{#- N -#}\nN",
    "{#\n N\n#}\n N",
    "{% raw %}N{% endraw %}N",
    "{%- raw -%} N {%- endraw -%} N",
    "{%raw%}{% if N{%endraw%}N",
    "{% raw %}{# {% endraw %}N{# #}",
    "{% raw %}{{ 'a {% endraw %}N",
    "{# {% raw %} #}N{# {% endraw %} #}",
    "{% if a %}N{% else %}N{% endif %}",
    "{% for a in b %}N{% endfor %}",
    "{% block a %}N{% endblock %}",
    "{{ a }}N{{ b|upper }}",
    "{{- a -}} N {%- if a -%} N {%- endif -%}",
    "{{ \"}}\" }}N{{ \"%}\" }}N",
    "{{ \"{#\" }}N{{ \"#}\" }}N",
    "{{ \"a\\\"b\" }}N",
    "<a href=\"N\" {% if a %}title=\"N\"{% endif %}>",
    "<script>if (a) { b = { c: 'N' } }</script>",
    "{ { N } }",
    "{N}",
    "it's N isn't it",
    "{# {# #} N",
    "{# a #} b {# N #} c N {# d #}",
];

#[test]
fn small_templates_have_the_same_names_as_in_the_engines() {
    for engine in ENGINES {
        let mut templates = Vec::new();
        for small in SMALL {
            for [before, after] in engine.expressions() {
                templates.push(small.replace('N', &format!("{before}{NAME}{after}")));
            }
        }
        let (accepted, names) = compare(engine, &templates);
        assert!(accepted > templates.len() / 2 && names > accepted, "{accepted} of {}", templates.len());
    }
}

pub(crate) const ENGINES: [&dyn Engine; 3] = [&minijinja::MiniJinja, &tera::Tera, &askama::Askama];

/// Checks that `check` finds the same names as the engine, at the same positions. Returns the number of templates that
/// the engine accepts, and the number of names in these templates.
pub(crate) fn compare(engine: &dyn Engine, templates: &[String]) -> (usize, usize) {
    let site = TempDir::new().expect("a temporary directory");
    let [source, dir] = ["static", "templates"].map(|name| site.path().join(name));
    for dir in [&source, &dir] {
        fs::create_dir(dir).expect("a new directory");
    }
    let mut expected = Vec::new();
    for (number, template) in templates.iter().enumerate() {
        let Some(names) = engine.names(template) else { continue };
        fs::write(dir.join(format!("{number}.txt")), template).expect("a writable directory");
        let place = |offset: usize| (number, line_and_column(template, offset));
        expected.extend(names.into_iter().filter(|at| template[*at..].starts_with(NAME)).map(place));
    }
    let accepted = fs::read_dir(&dir).expect("a directory").count();
    let problems = check(&CheckConfig::default().source(&source).paths([&dir])).err();
    let found = problems.iter().flat_map(|err| err.problems()).filter_map(|problem| {
        let location = problem.location()?;
        let is_name = location.excerpt[location.span.clone()] == *NAME;
        let number = location.file.file_stem()?.to_str()?.parse().ok()?;
        is_name.then_some((number, (location.line, location.column)))
    });
    let (found, expected): (BTreeSet<(usize, _)>, BTreeSet<_>) =
        (found.collect(), expected.into_iter().collect());
    if let Some((number, place)) = found.symmetric_difference(&expected).next() {
        let by = if expected.contains(&(*number, *place)) { "only by the engine" } else { "only by check" };
        panic!("the name at {place:?} was found {by}:\n{}", templates[*number]);
    }
    (accepted, expected.len())
}

/// Returns the line and the column of an offset. Counts as editors do.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text[..offset].strip_prefix('\u{feff}').unwrap_or(&text[..offset]);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Inserts names into the text and the expressions of a template. Skips each position where the engine rejects the
/// result.
pub(crate) fn with_names(engine: &dyn Engine, template: &str) -> Option<String> {
    engine.names(template)?;
    let mut text = template.to_owned();
    for (number, at) in places(template).into_iter().enumerate().collect::<Vec<_>>().into_iter().rev() {
        let is_code = ["{{ ", "{% if ", "{% set a = "].iter().any(|start| template[..at].ends_with(start));
        let forms = if is_code { engine.prefixes() } else { engine.expressions() };
        if forms.is_empty() {
            continue;
        }
        let [before, after] = forms[number % forms.len()];
        let changed = format!("{}{before}{NAME}{after}{}", &text[..at], &text[at..]);
        if engine.names(&changed).is_some() {
            text = changed;
        }
    }
    Some(text)
}

/// Returns positions in a template, spread over lines, expressions and comments.
fn places(template: &str) -> Vec<usize> {
    let mut places: Vec<_> = [0, template.len()].into();
    let ends =
        |pattern: &str| template.match_indices(pattern).map(|(at, _)| at + pattern.len()).collect::<Vec<_>>();
    for pattern in ["\n", "{{ ", "{% if ", "{# ", "{% raw %}", "{{", "%}", ">", "#}", "'"] {
        let ends = ends(pattern);
        let step = ends.len().div_ceil(6).max(1);
        places.extend(ends.into_iter().step_by(step));
    }
    places.sort_unstable();
    places.dedup();
    places
}
