//! How seriously each finding is taken, by rule and by file.

use std::fmt;

use fingerpost::{
    __private::{Severity, SeverityOverrides, is_bidi_or_line_separator, quoted},
    Settings,
    sources::check_glob,
};
use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// A rule that a file may break; each has a [`Severity`].
///
/// ```
/// use fingerpost_collect::{Severity, Rule};
///
/// assert_eq!(Rule::MissingMap.as_str(), "missing-map");
/// assert_eq!(Rule::MissingMap.default_level(), Severity::Warn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A reference leads to a file that is there. An error unless said otherwise.
    Missing,
    /// A source map comment leads to a file that is there. A warning unless said otherwise: only debuggers follow it.
    MissingMap,
    /// A relative reference stays below the base URL. An error unless said otherwise.
    LeavesBase,
    /// An absolute reference to a file of a source dir is below the base URL. A warning unless said otherwise: another
    /// server may have a file of that name, too.
    OutsideBase,
    /// A script whose references are rewritten can be parsed as a module. A warning unless said otherwise.
    Syntax,
    /// This build can rewrite the references of a script. An error unless said otherwise: without the feature `js`, modules
    /// would import others by plain names, which browsers keep for a long time.
    Unsupported,
    /// No file hides another of the same asset path. Ignored unless said otherwise.
    Shadowed,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::MissingMap,
        Self::LeavesBase,
        Self::OutsideBase,
        Self::Syntax,
        Self::Unsupported,
        Self::Shadowed,
    ];

    /// The name in a settings file: `missing-map`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::MissingMap => "missing-map",
            Self::LeavesBase => "leaves-base",
            Self::OutsideBase => "outside-base",
            Self::Syntax => "syntax",
            Self::Unsupported => "unsupported",
            Self::Shadowed => "shadowed",
        }
    }

    /// How seriously it is taken if nobody says anything.
    pub fn default_level(self) -> Severity {
        match self {
            Self::Missing | Self::LeavesBase | Self::Unsupported => Severity::Error,
            Self::MissingMap | Self::OutsideBase | Self::Syntax => Severity::Warn,
            Self::Shadowed => Severity::Ignore,
        }
    }

    /// Chooses from a value for each rule, in the order of [`ALL`](Self::ALL).
    pub(crate) fn of_each<T>(self, values: [T; Self::ALL.len()]) -> T {
        let [missing, missing_map, leaves_base, outside_base, syntax, unsupported, shadowed] = values;
        match self {
            Self::Missing => missing,
            Self::MissingMap => missing_map,
            Self::LeavesBase => leaves_base,
            Self::OutsideBase => outside_base,
            Self::Syntax => syntax,
            Self::Unsupported => unsupported,
            Self::Shadowed => shadowed,
        }
    }

    /// The line of `fingerpost.toml` that silences it for one file.
    pub(crate) fn silence(self, asset: &str) -> String {
        format!("rules.{}.{self} = \"ignore\"", toml_key(&literal_glob(asset)))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The levels of one run.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    everywhere: SeverityOverrides,
    /// The longest glob first, because it says the most.
    exceptions: Vec<(GlobMatcher, SeverityOverrides)>,
}

impl Levels {
    pub(crate) fn of(settings: &Settings) -> Result<Self, Problem> {
        let mut exceptions = Vec::with_capacity(settings.exceptions.len());
        for (text, levels) in &settings.exceptions {
            check_glob(text).map_err(|err| Problem::config(format!("rules: {err}")))?;
            let anywhere = if text.contains('/') { String::new() } else { "**/".to_owned() };
            let glob = GlobBuilder::new(&(anywhere + text.trim_matches('/')))
                .literal_separator(true)
                .build()
                .map_err(|err| Problem::config(format!("rules: glob {}: {err}", quoted(text))))?;
            exceptions.push((glob.compile_matcher(), levels.clone()));
        }
        exceptions.sort_by_key(|(glob, _)| std::cmp::Reverse(glob.glob().glob().len()));
        Ok(Self { everywhere: settings.levels(), exceptions })
    }

    /// How seriously a rule is taken in the file of this asset path.
    pub(crate) fn get(&self, rule: Rule, asset: &str) -> Severity {
        let matching = self.exceptions.iter().filter(|(glob, _)| glob.is_match(asset));
        let mut said = matching.map(|(_, levels)| levels).chain([&self.everywhere]);
        let level = |levels: &SeverityOverrides| {
            let SeverityOverrides {
                missing,
                missing_map,
                leaves_base,
                outside_base,
                syntax,
                unsupported,
                shadowed,
                ..
            } = *levels;
            rule.of_each([missing, missing_map, leaves_base, outside_base, syntax, unsupported, shadowed])
        };
        said.find_map(level).unwrap_or_else(|| rule.default_level())
    }
}

/// A glob that matches one path only.
fn literal_glob(asset: &str) -> String {
    // Without a slash it would match a name at any depth.
    let root = if asset.contains('/') { "" } else { "/" };
    let escaped = asset.chars().map(|c| match c {
        '*' | '?' | '[' | ']' | '{' | '}' => format!("[{c}]"),
        c => c.to_string(),
    });
    root.chars().map(String::from).chain(escaped).collect()
}

/// TOML, "basic strings": quotes, backslashes and control characters are escaped, here also marks of direction, which a
/// reader could not see.
fn toml_key(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() || is_bidi_or_line_separator(c) => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(toml: &str) -> Levels {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("fingerpost.toml");
        std::fs::write(&file, toml).unwrap();
        Levels::of(&Settings::read(&file).unwrap()).unwrap()
    }

    #[test]
    fn the_longest_glob_that_matches_decides() {
        let levels = levels(
            r#"missing = "warn"
               rules."vendor/**".missing = "ignore"
               rules."vendor/own/*.css" = { missing = "error", missing-map = "error" }
               rules."x.js".leaves-base = "warn""#,
        );
        assert_eq!(levels.get(Rule::Missing, "css/app.css"), Severity::Warn);
        assert_eq!(levels.get(Rule::Missing, "vendor/x/y.css"), Severity::Ignore);
        assert_eq!(levels.get(Rule::Missing, "vendor/own/a.css"), Severity::Error);
        assert_eq!(levels.get(Rule::MissingMap, "vendor/own/a.css"), Severity::Error);
        assert_eq!(levels.get(Rule::MissingMap, "vendor/x.css"), Severity::Warn);
        assert_eq!(levels.get(Rule::LeavesBase, "a/b/x.js"), Severity::Warn);
        assert_eq!(levels.get(Rule::LeavesBase, "a/b/y.js"), Severity::Error);
        assert_eq!(levels.get(Rule::Shadowed, "a/b/y.js"), Severity::Ignore);
    }

    #[test]
    fn a_rule_has_one_name() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
            assert_eq!(levels(&format!("{rule} = \"warn\"")).get(rule, "a.js"), Severity::Warn);
            assert_eq!(levels(&rule.silence("a.js")).get(rule, "a.js"), Severity::Ignore);
        }
    }

    #[test]
    fn the_line_that_silences_a_rule_does_so() {
        for asset in ["css/app.css", "app.css", "a/[x]*{y}.css", "q\".css", "⊗.css", "\u{1b}\u{202e}.css"] {
            let levels = levels(&Rule::Missing.silence(asset));
            assert_eq!(levels.get(Rule::Missing, asset), Severity::Ignore, "{asset}");
            assert_eq!(levels.get(Rule::Missing, &format!("x/{asset}")), Severity::Error, "{asset}");
            assert_eq!(levels.get(Rule::LeavesBase, asset), Severity::Error, "{asset}");
        }
        assert_eq!(Rule::MissingMap.silence("js/a.js"), r#"rules."js/a.js".missing-map = "ignore""#);
    }
}
