//! Arguments of both majors.

/// An argument in a template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument<'a> {
    Text(&'a str),
    /// The engine's name for any other type. Errors do not show the value, which may be long, or a secret.
    Other(&'static str),
}

/// Returns the description of an argument that is not a string.
pub(crate) fn kind_in_error(kind: &str) -> String {
    if is_nothing(kind) { kind.to_owned() } else { format!("a value of type {kind}") }
}

fn is_nothing(kind: &str) -> bool {
    matches!(kind, "undefined" | "none" | "null")
}
