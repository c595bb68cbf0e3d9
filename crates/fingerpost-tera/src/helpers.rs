//! What both majors share: which helpers there are, and what they may be called with.

use fingerpost::__private::quoted;

/// What a helper makes of an asset path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Url,
    AbsoluteUrl,
    Integrity,
}

/// An argument in a template, as far as a helper looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument<'a> {
    Text(&'a str),
    /// Anything else, by the engine's name for its type: the value itself may be long, or a secret.
    Other(&'static str),
}

/// What `app_version(of='x')` is told.
pub(crate) const APP_VERSION_TAKES: &str = "app_version() takes no argument";

impl Answer {
    pub(crate) const ALL: [Self; 3] = [Self::Url, Self::AbsoluteUrl, Self::Integrity];

    /// What templates call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Url => "static",
            Self::AbsoluteUrl => "static_url",
            Self::Integrity => "static_integrity",
        }
    }

    /// The path in `static(path='css/app.css')`, or what is wrong with the call.
    pub(crate) fn called<'a>(
        self,
        arguments: impl Iterator<Item = (&'a str, Argument<'a>)>,
    ) -> Result<&'a str, String> {
        let (mut path, mut unknown) = (None, None);
        for (keyword, argument) in arguments {
            if keyword == "path" {
                path = Some(argument);
            } else {
                // Keywords come in no order, so that one has to be chosen that is always the same.
                unknown = unknown.max(Some(keyword));
            }
        }
        let name = self.name();
        only_path(path, unknown, || {
            format!("{name}() takes an asset path, such as {name}(path='css/app.css')")
        })
    }

    /// The path in `'css/app.css' | static`, or what is wrong with the call.
    pub(crate) fn piped<'a>(
        self,
        input: Argument<'a>,
        keywords: impl Iterator<Item = &'a str>,
    ) -> Result<&'a str, String> {
        let name = self.name();
        only_path(Some(input), keywords.max(), || {
            format!("the filter {name} takes an asset path, such as 'css/app.css' | {name}")
        })
    }
}

/// The path, if that is all there is. `takes` says what should have been there.
fn only_path<'a>(
    path: Option<Argument<'a>>,
    unknown: Option<&str>,
    takes: impl FnOnce() -> String,
) -> Result<&'a str, String> {
    let found = match (path, unknown) {
        (Some(Argument::Text(path)), None) => return Ok(path),
        (_, Some(keyword)) => format!("and no keyword {}", quoted(keyword)),
        (None, None) => "but has no argument".to_owned(),
        (Some(Argument::Other(nothing @ ("undefined" | "none" | "null"))), None) => {
            format!("but it is {nothing}")
        }
        (Some(Argument::Other(kind)), None) => format!("but it is of type {kind}"),
    };
    Err(format!("{}, {found}", takes()))
}
