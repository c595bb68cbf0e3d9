//! Arguments of both majors.

/// An argument in a template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument<'a> {
    Text(&'a str),
    /// The engine's name for any other type. Errors do not show the value, which may be long, or a secret.
    Other(&'static str),
}

impl Argument<'_> {
    /// Returns `true` for `none`, which counts as a missing optional argument.
    pub(crate) fn is_none(self) -> bool {
        matches!(self, Self::Other("none" | "null"))
    }
}

/// Returns the values of the keywords `names`, and an unknown keyword, if there is one.
pub(crate) fn by_name<'a, V, const N: usize>(
    keywords: impl Iterator<Item = (&'a str, V)>,
    names: [&str; N],
) -> ([Option<V>; N], Option<&'a str>) {
    let (mut values, mut unknown) = ([const { None }; N], None);
    for (keyword, value) in keywords {
        match names.iter().position(|name| *name == keyword) {
            Some(position) => values[position] = Some(value),
            // Keywords have no order. The greatest keyword makes the error deterministic.
            None => unknown = unknown.max(Some(keyword)),
        }
    }
    (values, unknown)
}

/// Returns the description of an argument that is not a string.
pub(crate) fn kind_in_error(kind: &str) -> String {
    if is_nothing(kind) { kind.to_owned() } else { format!("a value of type {kind}") }
}

fn is_nothing(kind: &str) -> bool {
    matches!(kind, "undefined" | "none" | "null")
}
