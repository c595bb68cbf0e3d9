//! What the adapters of MiniJinja 3 and 2 share.

/// What a helper makes of an asset path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Url,
    AbsoluteUrl,
    Integrity,
}

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

    /// What is wrong with its arguments.
    pub(crate) fn misused(self, found: &str) -> String {
        let name = self.name();
        format!("{name}() takes an asset path, such as {name}('css/app.css'), {found}")
    }
}

/// The adapter of a major version. The engine hands a `$state` to an object that is called, and any argument, keywords
/// included, can be taken as an `$argument`.
macro_rules! adapter {
    ($engine:ident, $state:ty, $argument:ty) => {
        use std::{fmt, sync::Arc};

        use fingerpost::{
            __private::{Prebuilt, quoted},
            Assets, Url,
        };
        use $engine::{
            AutoEscape, Environment, Error, ErrorKind, State,
            value::{Kwargs, Object, ObjectRepr, Rest, Value},
        };

        use crate::helpers::Answer;

        /// Registers the functions `static`, `static_url`, `static_integrity` and `app_version`, and the first three as
        /// filters.
        ///
        /// Call it once, before or after templates are added; functions and filters of these names are replaced. In
        /// production the URLs of a release become engine values beforehand; `static` then clones such a value and
        /// allocates nothing.
        pub fn register(env: &mut Environment<'_>, assets: &Assets) {
            let urls = Arc::new(Prebuilt::new(assets, UrlValue::new));
            for answer in Answer::ALL {
                let helper = Helper { answer, urls: Arc::clone(&urls) };
                let filter = helper.clone();
                env.add_global(answer.name(), Value::from_object(helper));
                env.add_filter(
                    answer.name(),
                    // A third parameter, to say what is wrong with it, would make every call a third slower.
                    move |state: &State<'_, '_>, path: &Value| filter.of(state, path),
                );
            }
            let assets = assets.clone();
            env.add_function("app_version", move |more: Rest<$argument>| {
                if more.is_empty() {
                    Ok(Value::from(&*assets.app_version()))
                } else {
                    Err(Error::new(ErrorKind::TooManyArguments, "app_version() takes no argument"))
                }
            });
        }

        /// A text that HTML escaping would leave as it is, in both of the engine's forms. Cloning either only counts a
        /// reference.
        struct UrlValue {
            safe: Value,
            plain: Value,
        }

        impl UrlValue {
            fn new(url: &Url) -> Self {
                let plain = Value::from(url.as_str());
                let safe = if url.is_html_inert() {
                    Value::from_safe_string(url.to_string())
                } else {
                    plain.clone()
                };
                Self { safe, plain }
            }

            /// Base64 has nothing to escape but the slash, which MiniJinja escapes for no reason of HTML's.
            fn of_integrity(integrity: &str) -> Self {
                Self { safe: Value::from_safe_string(integrity.to_owned()), plain: Value::from(integrity) }
            }

            /// Safe where HTML is escaped. A safe string in a JSON or JavaScript template would come out unquoted.
            #[inline]
            fn for_template(&self, state: &State<'_, '_>) -> Value {
                if matches!(state.auto_escape(), AutoEscape::Html) {
                    self.safe.clone()
                } else {
                    self.plain.clone()
                }
            }
        }

        /// A function of one asset path, as an object: only so does a call see its arguments without a copy.
        #[derive(Debug, Clone)]
        struct Helper {
            answer: Answer,
            urls: Arc<Prebuilt<UrlValue>>,
        }

        impl Helper {
            #[inline]
            fn of(&self, state: &State<'_, '_>, path: &Value) -> Result<Value, Error> {
                match path.as_str() {
                    Some(path) => self.of_path(state, path),
                    None => Err(self.wrong_type(path)),
                }
            }

            #[inline]
            fn of_path(&self, state: &State<'_, '_>, path: &str) -> Result<Value, Error> {
                let assets = self.urls.assets();
                match self.answer {
                    Answer::Url => {
                        self.urls.get(path, |url| Ok(url.for_template(state))).unwrap_or_else(failed)
                    }
                    Answer::AbsoluteUrl => assets
                        .absolute_url(path)
                        .map_or_else(failed, |url| Ok(UrlValue::new(&url).for_template(state))),
                    Answer::Integrity => assets.integrity(path).map_or_else(failed, |integrity| {
                        Ok(UrlValue::of_integrity(&integrity).for_template(state))
                    }),
                }
            }

            /// `path=`, which is how Tera wants it.
            fn keyword(&self, keywords: &Value) -> Result<Value, Error> {
                let keywords = Kwargs::try_from(keywords.clone())?;
                if let Some(unknown) = keywords.args().find(|keyword| *keyword != "path") {
                    let found = format!("and no keyword {}", quoted(unknown));
                    return Err(self.misused(ErrorKind::TooManyArguments, &found));
                }
                keywords.get("path").map_err(|_| self.no_path())
            }

            fn no_path(&self) -> Error {
                self.misused(ErrorKind::MissingArgument, "but has no argument")
            }

            fn more_than_a_path(&self) -> Error {
                self.misused(ErrorKind::TooManyArguments, "and nothing else")
            }

            /// Does not show the value: it may be long, or a secret.
            fn wrong_type(&self, path: &Value) -> Error {
                let of_type = if path.is_undefined() || path.is_none() { "" } else { "of type " };
                self.misused(ErrorKind::InvalidOperation, &format!("but it is {of_type}{}", path.kind()))
            }

            fn misused(&self, kind: ErrorKind, found: &str) -> Error {
                Error::new(kind, self.answer.misused(found))
            }
        }

        /// In the message, because only that stands beside the template's name; and as the source, because only there can a
        /// program ask for its kind. A report that prints both says it twice.
        #[cold]
        fn failed(err: fingerpost::Error) -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, err.to_string()).with_source(err))
        }

        impl Object for Helper {
            /// As the engine's own functions, not a map.
            fn repr(self: &Arc<Self>) -> ObjectRepr {
                ObjectRepr::Plain
            }

            fn call(self: &Arc<Self>, state: $state, args: &[Value]) -> Result<Value, Error> {
                match args {
                    [path] if !path.is_kwargs() => self.of(state, path),
                    [keywords] => self.of(state, &self.keyword(keywords)?),
                    [] => Err(self.no_path()),
                    _ => Err(self.more_than_a_path()),
                }
            }

            fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.answer.name())
            }
        }
    };
}
