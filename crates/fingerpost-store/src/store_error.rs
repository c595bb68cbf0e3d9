//! Converts errors of an object store into messages. The texts of `object_store` contain URLs and responses, which may
//! contain signatures. Only selected parts of the texts are printed.

use std::{env, error::Error as StdError, fmt::Display};

use fingerpost::__private::quoted;
use object_store::client::{HttpError, HttpErrorKind};

use crate::{
    error::{Error, ErrorKind},
    provider::Provider,
};

/// Codes and texts of stores for a bucket that does not exist.
const NO_BUCKET: [&str; 4] =
    ["NoSuchBucket", "ContainerNotFound", "bucket does not exist", "container does not exist"];

/// Codes of stores for wrong credentials. Some stores send these codes with the status 400.
const BAD_CREDENTIALS: [&str; 6] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "AuthorizationHeaderMalformed",
    "AuthenticationFailed",
];

/// Parts of the URLs from which a cloud machine gets credentials.
const CREDENTIAL_URLS: [&str; 4] =
    ["security-credentials", "/latest/api/token", "computeMetadata", "metadata/identity"];

/// Parts of messages about credentials that are missing or unusable.
const NO_CREDENTIALS: [&str; 4] =
    ["Missing AccessKeyId", "Missing SecretAccessKey", "credential error", "SAS query"];

/// The parts of an error that are safe to print.
#[derive(Debug, PartialEq, Eq)]
struct Response<'a> {
    status: Option<&'a str>,
    code: Option<&'a str>,
}

/// Returns `true` if a bucket is missing, not only an object.
pub(crate) fn is_missing_bucket(err: &object_store::Error) -> bool {
    let text = err.to_string();
    NO_BUCKET.iter().any(|code| text.contains(code))
}

/// Describes an error. `action` is a verb, and `target` is the URL of the object.
pub(crate) fn describe(
    err: &object_store::Error,
    action: &str,
    target: impl Display,
    bucket: &str,
    provider: Provider,
) -> Error {
    let target = quoted(target);
    let text = err.to_string();
    let response = Response::find(&text);
    let details = response.to_string();
    let contains = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
    if contains(&NO_BUCKET) {
        let bucket = quoted(bucket);
        let message = format!("{bucket} does not exist; create the bucket, or correct the URL");
        return Error::new(ErrorKind::BucketNotFound, message);
    }
    let is_refused = matches!(
        err,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }
    );
    if is_refused || (response.status.is_some() && contains(&BAD_CREDENTIALS)) {
        let advice = provider.credentials_advice();
        let message =
            format!("cannot {action} {target}: the store refused the credentials{details}; {advice}");
        return Error::new(ErrorKind::Credentials, message);
    }
    if let Some(cause) = transport(err) {
        if contains(&CREDENTIAL_URLS) {
            let advice = provider.credentials_advice();
            let message = format!("cannot {action} {target}: no credentials were found ({cause}); {advice}");
            return Error::new(ErrorKind::Credentials, message);
        }
        let message = format!(
            "cannot {action} {target}: the store cannot be reached ({cause}); check the network and the endpoint, and try again"
        );
        return Error::new(ErrorKind::Unavailable, message);
    }
    if response.status.is_some_and(|status| status.starts_with('5') || status.starts_with("429")) {
        let message = format!(
            "cannot {action} {target}: the store is overloaded or out of order{details}, also after several attempts; try again later"
        );
        return Error::new(ErrorKind::Unavailable, message);
    }
    if response.status.is_none() && contains(&[&NO_CREDENTIALS[..], &CREDENTIAL_URLS].concat()) {
        let advice = provider.credentials_advice();
        let message = format!("cannot {action} {target}: no usable credentials were found; {advice}");
        return Error::new(ErrorKind::Credentials, message);
    }
    let details = if details.is_empty() { format!(" ({})", redacted(&innermost(err))) } else { details };
    Error::new(ErrorKind::Store, format!("cannot {action} {target}{details}"))
}

/// Returns the error for a request without a complete response within the time limit.
pub(crate) fn timed_out(action: &str, target: impl Display, seconds: f64) -> Error {
    let target = quoted(target);
    let message = format!(
        "cannot {action} {target}: no complete response after {seconds:.0} s; check the network, or raise the time limit"
    );
    Error::new(ErrorKind::Unavailable, message)
}

impl<'a> Response<'a> {
    fn find(text: &'a str) -> Self {
        let between = |start: &str, end: &str| {
            let rest = &text[text.find(start)? + start.len()..];
            Some(&rest[..rest.find(end)?])
        };
        let status = between("status code: ", ":");
        let code = between("<Code>", "</Code>").or_else(|| between("\"reason\": \"", "\""));
        let is_word = |code: &&str| code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self { status: status.filter(|status| status.len() <= 60), code: code.filter(is_word) }
    }
}

impl Display for Response<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.status, self.code) {
            (Some(status), Some(code)) => write!(f, " ({status}, {code})"),
            (Some(part), None) | (None, Some(part)) => write!(f, " ({part})"),
            (None, None) => Ok(()),
        }
    }
}

/// Returns `true` if a connection to the store failed. A repeated request may then succeed.
pub(crate) fn is_broken_connection(err: &object_store::Error) -> bool {
    let text = err.to_string();
    transport(err).is_some() && !CREDENTIAL_URLS.iter().any(|url| text.contains(url))
}

/// Returns the cause of a failed connection, or of a timeout.
fn transport(err: &object_store::Error) -> Option<String> {
    let mut cause: Option<&dyn StdError> = Some(err);
    while let Some(err) = cause {
        if let Some(http) = err.downcast_ref::<HttpError>() {
            return Some(match http.kind() {
                HttpErrorKind::Timeout => "no response in time".to_owned(),
                _ => redacted(&innermost(http)),
            });
        }
        cause = err.source();
    }
    None
}

fn innermost(err: &dyn StdError) -> String {
    let mut innermost = err;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Removes queries of URLs and the values of secret environment variables, and truncates the text to 300 characters.
fn redacted(text: &str) -> String {
    // `vars` would panic on a variable that is not UTF-8.
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let secrets = variables.filter(|(name, value)| is_secret(name) && value.len() >= 6);
    let text = secrets.fold(text.to_owned(), |text, (_, secret)| text.replace(&secret, "…"));
    let words = text.split_whitespace().map(|word| match word.split_once('?') {
        Some((url, _)) if url.contains("://") => format!("{url}?…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

fn is_secret(name: &str) -> bool {
    let is_of_a_store = ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix));
    is_of_a_store && ["KEY", "SECRET", "TOKEN", "SAS", "PASSWORD"].iter().any(|part| name.contains(part))
}
