//! salvo calls tower services and layers through `compat`.

use std::error::Error;

use fingerpost::Assets;
use fingerpost_tower::{AssetServer, StaticFiles, VersionLayer};
use salvo::{
    Depot, Listener as _, Response, Router, Server, affix_state,
    conn::TcpListener,
    handler,
    http::{ReqBody, StatusError},
    prelude::{TowerLayerCompat as _, TowerServiceCompat},
    writing::Text,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assets = frameworks::assets()?;
    // salvo does not remove the mount from the path.
    let files = StaticFiles::from(AssetServer::new(&assets).paths_include_mount(true));
    let files = TowerServiceCompat::<ReqBody, _, _, _>::compat(files);
    let app = Router::new()
        .hoop(VersionLayer::new(&assets).compat())
        .hoop(affix_state::inject(assets))
        .get(home)
        .push(Router::with_path("static/{**path}").goal(files))
        // salvo runs layers only for routes. The version layer serves the client script below this route.
        .push(Router::with_path("_fingerpost/{**path}").get(not_found));
    let listener = TcpListener::new(frameworks::address()?).try_bind().await?;
    Server::new(listener).serve(app).await;
    Ok(())
}

#[handler]
async fn home(depot: &mut Depot, response: &mut Response) -> Result<(), StatusError> {
    let assets = depot.get_typed::<Assets>().map_err(|_| StatusError::internal_server_error())?;
    let page = frameworks::page(assets)
        .map_err(|err| StatusError::internal_server_error().brief(err.to_string()))?;
    response.render(Text::Html(page));
    Ok(())
}

#[handler]
async fn not_found() -> StatusError {
    StatusError::not_found()
}
