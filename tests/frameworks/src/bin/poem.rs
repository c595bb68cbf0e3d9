//! poem calls tower services through `compat`.

use std::error::Error;

use fingerpost::Assets;
use fingerpost_tower::StaticFiles;
use poem::{
    EndpointExt as _, Route, Server,
    endpoint::TowerCompatExt as _,
    error::InternalServerError,
    get, handler,
    listener::TcpListener,
    web::{Data, Html},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assets = frameworks::assets()?;
    let app = Route::new()
        .at("/", get(home))
        .nest("/static", StaticFiles::new(&assets).compat()) // `nest` removes the prefix
        .data(assets);
    Server::new(TcpListener::bind(frameworks::address()?)).run(app).await?;
    Ok(())
}

#[handler]
fn home(assets: Data<&Assets>) -> poem::Result<Html<String>> {
    frameworks::page(&assets).map(Html).map_err(InternalServerError)
}
