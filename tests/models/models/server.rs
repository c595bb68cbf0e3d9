//! Requests while a poller reloads the assets.

use fingerpost::Assets;
use fingerpost_http::AssetServer;
use http::Request;
use shuttle::thread;

use crate::{check, site::Site};

/// Requests the URL of the current release, as a browser does after a page.
fn request(server: &AssetServer, assets: &Assets) {
    let url = assets.snapshot().url("a.css").expect("an asset");
    let path = url.strip_prefix("/static").expect("a URL below the base URL");
    let request = Request::get(path).body(()).expect("a valid request").into_parts().0;
    let response = server.respond(&request).unwrap_or_else(|| server.respond_blocking(&request));
    assert_eq!(response.status(), 200, "{url}");
    assert!(
        matches!(response.body(), fingerpost_http::Content::Bytes(bytes) if path.as_bytes()[1..] == **bytes)
    );
    assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
}

#[test]
fn file_of_a_page_is_served_during_a_reload() {
    check(|| {
        let site = Site::default();
        let assets = site.assets();
        let server = AssetServer::new(&assets);
        let poller = {
            let (site, assets) = (site.clone(), assets.clone());
            thread::spawn(move || {
                for _ in 0..2 {
                    site.publish();
                    assets.reload().expect("a valid manifest");
                }
            })
        };
        let clients = (0..2).map(|_| {
            let (server, assets) = (server.clone(), assets.clone());
            thread::spawn(move || (0..2).for_each(|_| request(&server, &assets)))
        });
        let clients: Vec<_> = clients.collect();
        clients.into_iter().chain([poller]).for_each(|thread| thread.join().expect("a response"));
        request(&server, &assets);
    });
}
