//! The examples as a visitor sees them.

use crate::tools::{Browser, Server};

#[tokio::test]
async fn the_minijinja_example_shows_a_page_without_a_failed_request() {
    let Some(mut browser) = Browser::open().await else { return };
    let site = Server::example("axum-minijinja");
    browser.goto(&site.url("/")).await.expect("a page");

    assert_eq!(browser.errors().await, [""; 0]);
    let requests = browser.requests().await;
    assert!(requests.len() > 1 && requests.iter().all(|request| request.status == Some(200)), "{requests:?}");
    browser.save_screenshot("axum-minijinja").await;
}
