/// The delimiters of a template language.
#[derive(Debug, Clone)]
pub(crate) struct Syntax {
    pub(crate) block: [String; 2],
    pub(crate) variable: [String; 2],
    pub(crate) comment: [String; 2],
}

impl Default for Syntax {
    /// Returns the delimiters of Jinja, which MiniJinja, Tera and Askama use.
    fn default() -> Self {
        let pair = |start: &str, end: &str| [start.to_owned(), end.to_owned()];
        Self { block: pair("{%", "%}"), variable: pair("{{", "}}"), comment: pair("{#", "#}") }
    }
}
