//! Tests of the tables `[collect]` and `[clean]` of a settings file.

use fingerpost::Settings;
use fingerpost_collect::{CleanConfig, CollectConfig, ErrorKind, Rule, Severity, clean, references};

use crate::site::Site;

fn site(tables: &str) -> (Site, Settings) {
    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}")]);
    site.write("fingerpost.toml", format!("sources = [\"static\"]\nout = \"out\"\n{tables}"));
    let settings = Settings::read(site.path("fingerpost.toml")).expect("valid settings of the site");
    (site, settings)
}

/// Returns all errors of `collect`, without the name of the settings file.
#[track_caller]
fn errors(tables: &str) -> Vec<String> {
    let (site, settings) = site(tables);
    let prefix = format!("settings file {}: ", site.quoted_path("fingerpost.toml"));
    let errors = site.problems_of(&CollectConfig::from_settings(settings));
    errors.iter().map(|err| err.strip_prefix(&prefix).expect(err).to_owned()).collect()
}

#[test]
fn each_error_is_reported_on_one_line_in_file_order() {
    let toml = r#"[collect]
compres = ["gzip"]
compress = "gzip"
compress-maps = ["br", "br:9"]
fsync = 1
fields = 3
[collect.rules]
mising = "warn"
missing = "loud"
"[" = { missing = "warn" }
[collect.rules."vendor/**"]
leaves_base = "warn"
shadowed = 2
[collect.rules.syntax]
missing = "ignore"
[clean]
keep = -1
older_than = "7d"
older-than = "soon"
"#;
    let expected = [
        "line 4: unknown key `compres` in `[collect]`; did you mean `compress`?",
        "line 5: `compress` in `[collect]`: invalid type: string \"gzip\", expected a sequence",
        "line 6: `compress-maps` in `[collect]`: compression `br` is listed twice",
        "line 7: `fsync` in `[collect]`: invalid type: integer `1`, expected a boolean",
        "line 8: unknown key `fields` in `[collect]`; known keys are `rules`, `compress`, `compress-maps`, `delta-versions`, \
         `originals`, `keep-from`, `pack`, `fsync`, `prehashed`",
        "line 10: unknown key `mising` in `[collect.rules]`; did you mean `missing`?",
        "line 11: `missing` in `[collect.rules]`: level `loud` is unknown; write `error`, `warn` or `ignore`",
        "line 12: glob `[` cannot be read: unclosed character class; missing ']'",
        "line 14: unknown key `leaves_base` in `[collect.rules.\"vendor/**\"]`; did you mean `leaves-base`?",
        "line 15: `shadowed` in `[collect.rules.\"vendor/**\"]`: invalid type: integer `2`, expected a string",
        "line 16: `syntax` in `[collect.rules]`: invalid type: map, expected a string",
        "line 19: `keep` in `[clean]`: invalid value: integer `-1`, expected usize",
        "line 20: unknown key `older_than` in `[clean]`; did you mean `older-than`?",
        "line 21: `older-than` in `[clean]`: duration `soon` is invalid; write a whole number and a unit, such as \
         `7d`, `12h`, `30m`, `45s`, or `0`",
    ];
    assert_eq!(errors(toml), expected);
}

#[test]
fn url_of_a_bucket_as_keep_from_is_an_error() {
    let (site, settings) = site("[collect]\nkeep-from = 's3://assets/static'");
    let errors = site.problems_of(&CollectConfig::from_settings(settings));
    let expected = "`s3://assets/static` is the URL of a bucket, which only the program reads; run `fingerpost collect`, or pass a \
                    pack that `fingerpost_store::download_pack` has written";
    assert_eq!(errors, [expected]);
}

#[test]
fn table_errors_are_reported_with_errors_of_other_settings() {
    let (site, settings) = site("[clean]\nkeeps = 1");
    let errors = site.problems_of(&CollectConfig::from_settings(settings).base_url("//x").compress(["lzma"]));
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors[0].contains("line 4: unknown key `keeps` in `[clean]`; did you mean `keep`?"),
        "{errors:?}"
    );
}

#[test]
fn clean_and_references_report_table_errors() {
    let (_site, settings) = site("collect.fsyn = true");
    let errors = [
        clean(&CleanConfig::from_settings(settings.clone())).unwrap_err(),
        references(&CollectConfig::from_settings(settings)).unwrap_err(),
    ];
    for err in errors {
        assert_eq!(err.kind(), ErrorKind::Config);
        assert!(
            err.to_string().ends_with("unknown key `fsyn` in `[collect]`; did you mean `fsync`?"),
            "{err}"
        );
    }
}

#[test]
fn rules_accept_every_toml_table_syntax() {
    for toml in [
        "[collect.rules]\nmissing = \"warn\"\n[collect.rules.\"vendor/**\"]\nmissing = \"ignore\"",
        "[collect.rules.\"vendor/**\"]\nmissing = \"ignore\"\n[collect.rules]\nmissing = \"warn\"",
        "[collect]\nrules.\"vendor/**\".missing = \"ignore\"\nrules.missing = \"warn\"",
        "collect.rules = { missing = \"warn\", \"vendor/**\" = { missing = \"ignore\" } }",
    ] {
        let (_site, settings) = site(toml);
        let config = CollectConfig::from_settings(settings);
        assert!(config.severity_overrides().eq([("vendor/**", Rule::Missing, Severity::Ignore)]), "{toml}");
        assert_eq!(fingerpost_collect::collect(&config).unwrap().warnings.len(), 1, "{toml}");
    }
}

#[test]
fn methods_override_the_settings_file() {
    let (_site, settings) = site("[collect.rules]\nmissing = \"error\"\n\"/a.css\".missing = \"warn\"");
    let config = CollectConfig::from_settings(settings).severity(Rule::Missing, Severity::Error);
    assert_eq!(fingerpost_collect::collect(&config).unwrap().warnings.len(), 1);
    let config = config.severity_override("/a.css", Rule::Missing, Severity::Ignore);
    assert_eq!(fingerpost_collect::collect(&config).unwrap().warnings.len(), 0);
}
