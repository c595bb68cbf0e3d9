//! The severities of rules, by file.

use std::{cmp::Reverse, collections::BTreeMap};

use globset::GlobMatcher;

use super::{problem::Problem, rule::Rule};
use crate::{
    severity::Severity,
    sources::ignore_rules::{check_glob, glob_matcher},
    toml_table::SettingsTable,
};

/// Severities by rule. For a rule that is not in the map, a shorter glob or the default applies.
type Severities = BTreeMap<Rule, Severity>;

/// The severities of rules in the files that a glob matches.
pub type SeveritiesByGlob = BTreeMap<String, Severities>;

/// The glob of all files. Every other glob takes precedence.
pub const EVERYWHERE: &str = "**";

/// The severities of one run. The longest glob is first, because it is the most specific.
#[derive(Debug, Default)]
pub struct RuleSeverities(Vec<(GlobMatcher, Severities)>);

impl RuleSeverities {
    /// Parses the globs.
    ///
    /// # Errors
    ///
    /// Returns a problem of kind `Config` for an invalid glob.
    pub fn new(by_glob: &SeveritiesByGlob) -> Result<Self, Problem> {
        let mut matchers = Vec::with_capacity(by_glob.len());
        for (text, severities) in by_glob {
            let matcher = glob_matcher(text).map_err(|err| Problem::config(format!("rules: {err}")))?;
            matchers.push((text == EVERYWHERE, matcher, severities));
        }
        matchers.sort_by_key(|(is_everywhere, matcher, _)| {
            (*is_everywhere, Reverse(matcher.glob().glob().len()))
        });
        Ok(Self(matchers.into_iter().map(|(_, matcher, severities)| (matcher, severities.clone())).collect()))
    }

    /// Returns the severity of a rule for an asset.
    pub fn get(&self, rule: Rule, asset: &str) -> Severity {
        let mut matching = self.0.iter().filter(|(glob, _)| glob.is_match(asset));
        let severity = matching.find_map(|(_, severities)| severities.get(&rule).copied());
        severity.unwrap_or_else(|| rule.default_severity())
    }

    /// Returns `true` unless the rule is ignored for all assets.
    pub fn may_report(&self, rule: Rule) -> bool {
        let mut set = self.0.iter().filter_map(|(_, severities)| severities.get(&rule));
        rule.default_severity() != Severity::Ignore || set.any(|severity| *severity != Severity::Ignore)
    }
}

fn severities(table: &mut SettingsTable<'_>, rules: &[Rule]) -> Severities {
    let severity = |text: String| text.parse();
    let severities = rules.iter().filter_map(|&rule| Some((rule, table.get_with(rule.as_str(), severity)?)));
    severities.collect()
}

/// Reads a table of severities, which has one nested table per glob.
pub fn severities_by_glob(table: &mut SettingsTable<'_>, rules: &[Rule]) -> SeveritiesByGlob {
    let mut by_glob = BTreeMap::from([(EVERYWHERE.to_owned(), severities(table, rules))]);
    for (glob, mut nested) in table.other_tables() {
        let severities = severities(&mut nested, rules);
        match check_glob(&glob) {
            Ok(()) => by_glob.entry(glob).or_default().extend(severities),
            Err(err) => nested.reject(&err),
        }
        table.include(nested);
    }
    by_glob
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn severities(toml: &str) -> RuleSeverities {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("fingerpost.toml");
        std::fs::write(&file, toml).unwrap();
        let settings = Settings::read(&file).unwrap();
        let mut rules = settings.table("collect").table("rules");
        let by_glob = severities_by_glob(&mut rules, &Rule::COLLECT);
        assert!(rules.finish().is_empty());
        RuleSeverities::new(&by_glob).unwrap()
    }

    #[test]
    fn longest_matching_glob_wins() {
        let severities = severities(
            r#"[collect]
               rules.missing = "warn"
               rules."vendor/**".missing = "ignore"
               rules."vendor/own/*.css" = { missing = "error", missing-map = "error" }
               rules."/a".missing = "error"
               rules."x.js".leaves-base = "warn""#,
        );
        assert_eq!(severities.get(Rule::Missing, "css/app.css"), Severity::Warn);
        assert_eq!(severities.get(Rule::Missing, "a"), Severity::Error);
        assert_eq!(severities.get(Rule::Missing, "vendor/x/y.css"), Severity::Ignore);
        assert_eq!(severities.get(Rule::Missing, "vendor/own/a.css"), Severity::Error);
        assert_eq!(severities.get(Rule::MissingMap, "vendor/own/a.css"), Severity::Error);
        assert_eq!(severities.get(Rule::MissingMap, "vendor/x.css"), Severity::Warn);
        assert_eq!(severities.get(Rule::LeavesBase, "a/b/x.js"), Severity::Warn);
        assert_eq!(severities.get(Rule::LeavesBase, "a/b/y.js"), Severity::Error);
        assert_eq!(severities.get(Rule::Shadowed, "a/b/y.js"), Severity::Ignore);
    }

    #[test]
    fn rule_name_is_the_same_in_json_in_settings_and_in_advice() {
        for rule in Rule::COLLECT {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
            assert_eq!(
                severities(&format!("collect.rules.{rule} = \"warn\"")).get(rule, "a.js"),
                Severity::Warn
            );
            assert_eq!(severities(&rule.silence("collect", "a.js")).get(rule, "a.js"), Severity::Ignore);
        }
    }

    #[test]
    fn suggested_settings_line_silences_the_rule() {
        for asset in ["css/app.css", "app.css", "a/[x]*{y}.css", "q\".css", "⊗.css", "\u{1b}\u{202e}.css"] {
            let severities = severities(&Rule::Missing.silence("collect", asset));
            assert_eq!(severities.get(Rule::Missing, asset), Severity::Ignore, "{asset}");
            assert_eq!(severities.get(Rule::Missing, &format!("x/{asset}")), Severity::Error, "{asset}");
            assert_eq!(severities.get(Rule::LeavesBase, asset), Severity::Error, "{asset}");
        }
        assert_eq!(
            Rule::MissingMap.silence("collect", "js/a.js"),
            r#"collect.rules."js/a.js".missing-map = "ignore""#
        );
    }
}
