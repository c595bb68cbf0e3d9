use std::sync::Arc;

use axum::{
    Form, Router,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use fingerpost::Assets;
use minijinja::{Environment, Value, context, path_loader};

/// The pages of the site.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Environment<'static>>);

impl Pages {
    pub(crate) fn new(assets: &Assets, has_turbo: bool) -> Self {
        let mut env = Environment::new();
        env.set_loader(path_loader("templates"));
        env.add_global("has_turbo", has_turbo);
        fingerpost_minijinja::register(&mut env, assets);
        Self(env.into())
    }

    pub(crate) fn routes(&self) -> Router {
        let page = |template: &'static str| {
            let pages = self.clone();
            get(async move || pages.render(template, &context! {}))
        };
        let pages = self.clone();
        Router::new()
            .route("/", page("home.html"))
            .route("/second", page("second.html"))
            .route("/deployed", page("deployed.html"))
            .route("/frame", page("frame.html"))
            .route("/saved", page("saved.html"))
            .route("/note", page("note.html").post(async move |Form(note)| pages.save(&note)))
    }

    /// Redirects after a success. Returns the form again if the note is too short.
    fn save(&self, note: &Note) -> Result<Response, AppError> {
        if note.text.chars().count() >= 10 {
            return Ok(Redirect::to("/saved").into_response());
        }
        let page = self.render("note.html", &context! { text => note.text.as_str(), is_short => true })?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
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
