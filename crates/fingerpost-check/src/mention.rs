use std::ops::Range;

/// A place that names an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// The name, in bytes of the file.
    pub(crate) span: Range<usize>,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A literal name, as the author wrote it.
    Literal {
        name: String,
        /// `false` if the name may be the argument of a method of another type.
        is_certain: bool,
        /// `true` if the name must be an entry: a script or a style sheet.
        is_entry: bool,
    },
    /// A URL below the base URL, in an HTML attribute.
    Url {
        /// The text after the base URL. `None` if an expression follows.
        path: Option<String>,
    },
    /// A name that is computed at run time.
    Dynamic,
}

impl Mention {
    pub(crate) fn literal(name: String, span: Range<usize>) -> Self {
        Self { span, what: What::Literal { name, is_certain: true, is_entry: false } }
    }

    /// Returns the mention with the requirement that a literal name is an entry.
    pub(crate) fn into_entry(mut self) -> Self {
        if let What::Literal { is_entry, .. } = &mut self.what {
            *is_entry = true;
        }
        self
    }

    pub(crate) fn dynamic(span: Range<usize>) -> Self {
        Self { span, what: What::Dynamic }
    }
}
