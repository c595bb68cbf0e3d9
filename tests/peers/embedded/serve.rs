//! Runs a server on one thread: `PROGRAM PORT`.

use std::{env, error::Error, net::SocketAddr};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, runtime::Builder};

pub fn serve(app: Router) -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).ok_or("the argument PORT is missing")?;
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse()?));
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(address).await?.tap_io(|tcp| drop(tcp.set_nodelay(true)));
        axum::serve(listener, app).await
    })?;
    Ok(())
}
