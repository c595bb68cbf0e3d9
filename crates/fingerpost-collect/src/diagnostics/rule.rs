//! The rules that a file may break.

use std::fmt;

use fingerpost::__private::{Severity, toml_key};
use serde::{Deserialize, Serialize};

/// A rule that a file may break; each has a [`Severity`].
///
/// ```
/// use fingerpost_collect::{Severity, Rule};
///
/// assert_eq!(Rule::MissingMap.as_str(), "missing-map");
/// assert_eq!(Rule::MissingMap.default_severity(), Severity::Warn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// The severity without a setting.
    pub fn default_severity(self) -> Severity {
        match self {
            Self::Missing | Self::LeavesBase | Self::Unsupported => Severity::Error,
            Self::MissingMap | Self::OutsideBase | Self::Syntax => Severity::Warn,
            Self::Shadowed => Severity::Ignore,
        }
    }

    /// The line of `fingerpost.toml` that silences it for one file.
    pub(crate) fn silence(self, asset: &str) -> String {
        format!("collect.rules.{}.{self} = \"ignore\"", toml_key(&literal_glob(asset)))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
