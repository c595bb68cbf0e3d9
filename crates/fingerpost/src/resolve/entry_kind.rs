/// The definition of entries, for messages.
pub const DEFINITION: &str = "an entry is a script (`.js`, `.mjs`) or a style sheet (`.css`)";

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Script,
    Style,
}

impl EntryKind {
    /// Returns the kind of a file by the extension of its path or URL, or `None` if the file is not an entry.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next()?;
        let (_, extension) = path.rsplit_once('.')?;
        match extension {
            _ if ["js", "mjs"].iter().any(|script| extension.eq_ignore_ascii_case(script)) => {
                Some(Self::Script)
            }
            _ if extension.eq_ignore_ascii_case("css") => Some(Self::Style),
            _ => None,
        }
    }
}

/// Returns `true` for the path of a script or a style sheet.
pub fn is_entry_path(path: &str) -> bool {
    EntryKind::from_path(path).is_some()
}

/// The extensions of the style sheets and scripts that Vite compiles.
const STYLE_SOURCES: [&str; 9] = ["css", "less", "pcss", "postcss", "sass", "scss", "sss", "styl", "stylus"];
const SCRIPT_SOURCES: [&str; 8] = ["js", "jsx", "mjs", "mts", "svelte", "ts", "tsx", "vue"];

impl EntryKind {
    /// Returns the kind of a source file of Vite, or `None` for other files.
    pub(crate) fn from_source(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        let style = STYLE_SOURCES.contains(&extension).then_some(Self::Style);
        style.or_else(|| SCRIPT_SOURCES.contains(&extension).then_some(Self::Script))
    }
}
