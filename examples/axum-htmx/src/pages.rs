use std::sync::Arc;

use axum::{
    Form, Router,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use fingerpost::Assets;
use fingerpost_tower::OnMismatch;
use minijinja::{Environment, Value, context, path_loader};

/// The pages of the site.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Environment<'static>>);

const POLICIES: [(OnMismatch, &str); 4] = [
    (OnMismatch::Reload, "The page reloads, or shows a banner if the visitor has typed something."),
    (OnMismatch::Prompt, "A banner offers to reload."),
    (OnMismatch::Warn, "The browser’s console shows a warning for developers."),
    (OnMismatch::Ignore, "Nothing happens. The style sheet of the page stays the same."),
];

impl Pages {
    pub(crate) fn new(assets: &Assets) -> Self {
        let mut env = Environment::new();
        env.set_loader(path_loader("templates"));
        fingerpost_minijinja::register(&mut env, assets);
        Self(env.into())
    }

    /// Returns the router of the home page. The home page links to the page of each policy.
    pub(crate) fn home(&self) -> Router {
        let pages = self.clone();
        let policies: Vec<_> = POLICIES
            .iter()
            .map(|(name, description)| context! { name => name.as_str(), description => *description })
            .collect();
        Router::new().route("/", get(async move || pages.render("home.html", &context! { policies })))
    }

    /// Returns the router of two pages, a fragment and a form for one policy.
    pub(crate) fn for_policy(&self, mismatch: OnMismatch) -> Router {
        let name = mismatch.as_str();
        let description =
            POLICIES.iter().find(|(other, _)| *other == mismatch).map(|(_, description)| *description);
        let page = |template: &'static str| {
            let (pages, context) = (self.clone(), context! { name, description });
            get(async move || pages.render(template, &context))
        };
        let pages = self.clone();
        let save = async move |Form(note): Form<Note>| {
            pages.render("saved.html", &context! { length => note.text.chars().count() })
        };
        Router::new()
            .route(&format!("/{name}"), page("one.html"))
            .route(&format!("/{name}/two"), page("two.html"))
            .route(&format!("/{name}/fragment"), page("fragment.html").post(save))
    }

    fn render(&self, template: &str, context: &Value) -> Result<Html<String>, AppError> {
        Ok(Html(self.0.get_template(template)?.render(context)?))
    }
}

#[derive(serde::Deserialize)]
struct Note {
    text: String,
}

/// Shows the error in the browser. A public site logs the error instead.
pub(crate) struct AppError(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for AppError {
    fn from(err: E) -> Self {
        Self(err.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
