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
    (OnMismatch::Reload, "The page reloads, unless something has been typed into it: then it asks."),
    (OnMismatch::Prompt, "A banner says so. Whoever reads the page decides."),
    (OnMismatch::Warn, "A line in the browser’s console, for those who develop the site."),
    (OnMismatch::Ignore, "Nothing. The page goes on with the style sheet of its day."),
];

impl Pages {
    pub(crate) fn new(assets: &Assets) -> Self {
        let mut env = Environment::new();
        env.set_loader(path_loader(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")));
        fingerpost_minijinja::register(&mut env, assets);
        Self(env.into())
    }

    /// The page from which the others are opened.
    pub(crate) fn home(&self) -> Router {
        let pages = self.clone();
        let policies: Vec<_> =
            POLICIES.iter().map(|(name, what)| context! { name => name.as_str(), what => *what }).collect();
        Router::new().route("/", get(async move || pages.render("home.html", &context! { policies })))
    }

    /// Two pages, a fragment and a form that one policy holds for.
    pub(crate) fn of_policy(&self, mismatch: OnMismatch) -> Router {
        let name = mismatch.as_str();
        let what = POLICIES.iter().find(|(other, _)| *other == mismatch).map(|(_, what)| *what);
        let page = |template: &'static str| {
            let (pages, context) = (self.clone(), context! { name, what });
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

    fn render(&self, template: &str, context: &Value) -> Response {
        let html = self.0.get_template(template).and_then(|template| template.render(context));
        html.map(Html).map_err(|err| failed(&err.into())).into_response()
    }
}

#[derive(serde::Deserialize)]
struct Note {
    text: String,
}

/// Tells whoever runs the example what went wrong.
pub(crate) fn failed(err: &anyhow::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{err:#}"))
}
