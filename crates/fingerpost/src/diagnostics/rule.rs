use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{severity::Severity, toml_table::toml_key};

/// A rule that files can break. Each rule has a [`Severity`].
///
/// ```
/// use fingerpost::__private::{Severity, Rule};
///
/// assert_eq!(Rule::MissingMap.as_str(), "missing-map");
/// assert_eq!(Rule::MissingMap.default_severity(), Severity::Warn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A reference must refer to an existing file. Defaults to an error.
    Missing,
    /// A source map comment must refer to an existing file. Defaults to a warning, because only debuggers load source maps.
    MissingMap,
    /// A relative reference must not leave the base URL. Defaults to an error.
    LeavesBase,
    /// An absolute reference to a file of a source directory must be below the base URL. Defaults to a warning, because
    /// another server may have a file of the same name.
    OutsideBase,
    /// A script that seems to have references must be parseable. Defaults to a warning.
    Syntax,
    /// In a build without the feature `js`, a script must not seem to have references. Defaults to an error, because
    /// modules would import other modules by plain names. With plain names, browsers may load outdated modules from the
    /// cache.
    Unsupported,
    /// A bare specifier, as in `import 'lit'`, must be in the import map. Ignored by default, and a warning in sites with an
    /// import map.
    Bare,
    /// Two files must not have the same asset path. Ignored by default.
    Shadowed,
    /// An HTML attribute in a template must not contain the URL of an asset. Defaults to a warning, because such a URL
    /// does not change with the file. Checked by `fingerpost check`, like all following rules and
    /// [`Missing`](Self::Missing).
    HardCoded,
    /// An asset name must be a literal. Ignored by default.
    Dynamic,
    /// A checked file must name each asset, unless another asset refers to the asset. Ignored by default.
    Unused,
}

impl Rule {
    /// The rules of `collect`.
    pub const COLLECT: [Self; 8] = [
        Self::Missing,
        Self::MissingMap,
        Self::LeavesBase,
        Self::OutsideBase,
        Self::Syntax,
        Self::Unsupported,
        Self::Bare,
        Self::Shadowed,
    ];

    /// The rules of `check`.
    pub const CHECK: [Self; 4] = [Self::Missing, Self::HardCoded, Self::Dynamic, Self::Unused];

    /// Returns the name in settings files, such as `missing-map`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::MissingMap => "missing-map",
            Self::LeavesBase => "leaves-base",
            Self::OutsideBase => "outside-base",
            Self::Syntax => "syntax",
            Self::Unsupported => "unsupported",
            Self::Bare => "bare",
            Self::Shadowed => "shadowed",
            Self::HardCoded => "hard-coded",
            Self::Dynamic => "dynamic",
            Self::Unused => "unused",
        }
    }

    /// Returns the severity that applies without a setting.
    pub fn default_severity(self) -> Severity {
        match self {
            Self::Missing | Self::LeavesBase | Self::Unsupported => Severity::Error,
            Self::MissingMap | Self::OutsideBase | Self::Syntax | Self::HardCoded => Severity::Warn,
            Self::Bare | Self::Shadowed | Self::Dynamic | Self::Unused => Severity::Ignore,
        }
    }

    /// Returns the line of `fingerpost.toml` that ignores the rule for one file. `table` is `collect` or `check`.
    #[doc(hidden)]
    pub fn silence(self, table: &str, path: &str) -> String {
        // A glob without a slash matches names at any depth.
        let root = if path.contains('/') { "" } else { "/" };
        let glob = format!("{root}{}", globset::escape(path));
        format!("{table}.rules.{}.{self} = \"ignore\"", toml_key(&glob))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
