use std::{fs, path::Path};

use fingerpost::Settings;
use fingerpost_check::{CheckConfig, Problem, check};
use tempfile::TempDir;

/// A site with a few assets.
pub(crate) struct Site(TempDir);

impl Site {
    pub(crate) fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        for asset in ["css/app.css", "css/print.css", "img/a.png", "img/b c.png", "js/app.js"] {
            site.write(&format!("static/{asset}"), "x");
        }
        site.write("fingerpost.toml", "sources = ['static']");
        site
    }

    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn config(&self) -> CheckConfig {
        CheckConfig::from_settings(Settings::read(self.path("fingerpost.toml")).unwrap())
    }

    /// Returns the errors and warnings of a check, one line each.
    pub(crate) fn problems(&self) -> Vec<String> {
        match check(&self.config()) {
            Ok(report) => report.warnings.iter().map(|problem| line(problem, self.0.path())).collect(),
            Err(err) => {
                let problems = err.problems().chain(err.warnings());
                problems.map(|problem| line(problem, self.0.path())).collect()
            }
        }
    }
}

/// Returns a problem with a path that is relative to the site.
fn line(problem: &Problem, site: &Path) -> String {
    problem.to_string().replace(&format!("{}/", site.display()), "")
}

/// Returns the line, the column and the text of each problem in one template. The text is the text at the location.
#[track_caller]
pub(crate) fn places_in(
    file: &str,
    content: impl AsRef<[u8]>,
    settings: &str,
) -> Vec<(usize, usize, String)> {
    let site = Site::new();
    site.write(file, content);
    site.write("fingerpost.toml", format!("sources = ['static']\n{settings}"));
    let place = |problem: &Problem| {
        let location = problem.location().unwrap();
        (location.line, location.column, location.excerpt[location.span.clone()].to_owned())
    };
    match check(&site.config()) {
        Ok(report) => report.warnings.iter().map(place).collect(),
        Err(err) => err.problems().chain(err.warnings()).map(place).collect(),
    }
}
