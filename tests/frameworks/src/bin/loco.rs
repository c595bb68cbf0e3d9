//! loco passes its axum router to `after_routes`.

use std::{error::Error, path::Path};

use axum::{Router, extract::State, http::StatusCode, response::Html, routing::get};
use fingerpost::Assets;
use fingerpost_tower::{StaticFiles, VersionLayer};
use loco_rs::{
    Result,
    app::{AppContext, Hooks},
    bgworker::Queue,
    boot::{BootResult, ServeParams, StartMode, create_app, start},
    config::Config,
    controller::AppRoutes,
    environment::Environment,
    prelude::async_trait,
    task::Tasks,
};

struct App;

#[async_trait]
impl Hooks for App {
    fn app_name() -> &'static str {
        "walks"
    }

    async fn boot(mode: StartMode, environment: &Environment, config: Config) -> Result<BootResult> {
        create_app::<Self>(mode, environment, config).await
    }

    fn routes(_: &AppContext) -> AppRoutes {
        AppRoutes::empty()
    }

    async fn after_routes(router: Router, _: &AppContext) -> Result<Router> {
        let assets = frameworks::assets().map_err(loco_rs::Error::wrap)?;
        Ok(router
            .merge(Router::new().route("/", get(home)).with_state(assets.clone()))
            .nest_service("/static", StaticFiles::new(&assets))
            .layer(VersionLayer::new(&assets)))
    }

    async fn connect_workers(_: &AppContext, _: &Queue) -> Result<()> {
        Ok(())
    }

    fn register_tasks(_: &mut Tasks) {}
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let environment = Environment::Development;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let config = Config::from_folder(&environment, &folder)?;
    let boot = App::boot(StartMode::ServerOnly, &environment, config).await?;
    let address = frameworks::address()?;
    let server = ServeParams { port: address.port().into(), binding: address.ip().to_string() };
    start::<App>(boot, server, true).await?;
    Ok(())
}

async fn home(State(assets): State<Assets>) -> std::result::Result<Html<String>, (StatusCode, String)> {
    frameworks::page(&assets).map(Html).map_err(|err| (StatusCode::INTERNAL_SERVER_ERROR, err.to_string()))
}
