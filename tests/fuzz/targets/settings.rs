//! Checks that settings do not depend on comments, that every error has a line of the file, and that valid settings can be used.
#![no_main]

use std::fs;

use fingerpost::Settings;
use fingerpost_check::CheckConfig;
use fingerpost_collect::{__private::check_tables, CollectConfig};
use fingerpost_store::PublishSettings;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static DIR: TempDir = tempfile::tempdir().expect("a temporary directory");
}

/// Returns the settings that the core reads, or the error, as text.
fn read(text: &str) -> Result<(Settings, String), String> {
    DIR.with(|dir| {
        let file = dir.path().join("fingerpost.toml");
        fs::write(&file, text).expect("a writable file");
        let settings = Settings::read(&file).map_err(|err| err.to_string())?;
        let Settings { sources, out, base_url, origin, ignore, hidden, follow_symlinks, version, .. } = &settings;
        let Settings { imports, import_modules, bundles, .. } = &settings;
        let values = format!(
            "{sources:?} {out:?} {base_url:?} {origin:?} {ignore:?} {hidden} {follow_symlinks} {version:?} {imports:?} \
             {import_modules:?} {bundles:?}"
        );
        Ok((settings, values))
    })
}

/// Checks that the message contains the number of a line of the file.
fn assert_has_line(message: &str, text: &str) {
    let after = message.split("line ").skip(1);
    let mut numbers =
        after.filter_map(|rest| rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok());
    let lines = text.split('\n').count();
    assert!(numbers.any(|number: usize| (1..=lines).contains(&number)), "{message}");
    assert!(!message.contains(|char: char| char.is_control() && !matches!(char, '\n' | '\t')), "{message:?}");
}

fuzz_target!(|text: &str| {
    let (settings, values) = match read(text) {
        Ok(read) => read,
        Err(message) => return assert_has_line(&message, text),
    };
    let commented = read(&format!("# a comment\n{text}\n# a comment"));
    assert_eq!(commented.map(|(_, values)| values).as_deref(), Ok(&values[..]));
    settings.rules().expect("valid globs");
    settings.source_dirs().expect("valid source directories");
    if let Err(err) = check_tables(&settings) {
        err.problems().for_each(|problem| assert_has_line(&problem.to_string(), text));
    }
    if let Err(err) = PublishSettings::read(&settings) {
        assert_has_line(&err.to_string(), text);
    }
    let _ = (CollectConfig::from_settings(settings.clone()), CheckConfig::from_settings(settings));
});
