/// Returns an environment variable, or `None` if the variable is unset or empty, as in a shell's `${NAME:-}`.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| value.to_string_lossy().into_owned())
}
