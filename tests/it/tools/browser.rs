//! A headless Chromium, controlled over WebDriver.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    ops::Deref,
    panic::Location,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

use super::{Tool, cache, need, process::Process, program, without};

/// A browser with a new profile. Dereferences to `fantoccini::Client`.
#[derive(Debug)]
pub(crate) struct Browser {
    client: Client,
    port: u16,
    driver: Process,
    requests: Vec<Request>,
    errors: Vec<String>,
    warnings: Vec<String>,
    _profile: TempDir,
}

/// A request of a page. A redirect is a separate request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    id: String,
    pub(crate) url: String,
    /// `None` until the response arrives.
    pub(crate) status: Option<u64>,
    /// `true` if the response came from the browser's cache without a request to the server.
    pub(crate) from_cache: bool,
}

impl Browser {
    /// Opens a browser. Returns `None` if `tests/run` has listed Chromium as not installed.
    pub(crate) async fn open() -> Option<Self> {
        let chromium =
            need(Tool::Chromium, &without(), || program(&["chromium", "chromium-browser", "google-chrome"]))?;
        let chromedriver = need(Tool::Chromium, &without(), || program(&["chromedriver"]))?;

        let profile = TempDir::new().expect("a temporary directory");
        let start_driver = || {
            Process::try_start(Command::new(&chromedriver).arg("--port=0"), |line| {
                line.strip_prefix("ChromeDriver was started successfully on port ")?
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
        };
        // ChromeDriver exits if another program takes the port that ChromeDriver has selected.
        let started = start_driver().or_else(|_| start_driver()).or_else(|_| start_driver());
        let (driver, port) = started.expect("the address of ChromeDriver");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(&chromium, profile.path()));
        // On a busy machine Chromium occasionally exits before it reports its port.
        let mut client = builder.connect(&format!("http://127.0.0.1:{port}")).await;
        for _ in 0..2 {
            if client.is_err() {
                client = builder.connect(&format!("http://127.0.0.1:{port}")).await;
            }
        }
        let client = client.expect("a browser that starts");
        Some(Self {
            client,
            port,
            driver,
            requests: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            _profile: profile,
        })
    }

    /// Saves a screenshot of the page to `tests/.cache/screenshots/<name>.png`.
    pub(crate) async fn save_screenshot(&self, name: &str) -> PathBuf {
        let png = self.screenshot().await.expect("a screenshot");
        let file = cache().join("screenshots").join(name).with_extension("png");
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(&file, png).expect("a writable file");
        file
    }

    /// Emulates a visitor who prefers this color scheme, `light` or `dark`.
    pub(crate) async fn prefer_color_scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.dev_tools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Emulates a phone with a screen of this width in CSS pixels. A browser window cannot be as narrow as a phone.
    pub(crate) async fn emulate_phone(&self, width: u32) {
        let screen = json!({ "width": width, "height": 2 * width, "deviceScaleFactor": 2, "mobile": true });
        self.dev_tools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Empties the HTTP cache. The caches of service workers do not change.
    pub(crate) async fn clear_http_cache(&self) {
        self.dev_tools("Network.clearBrowserCache", json!({})).await;
    }

    /// Returns the value of a JavaScript expression in the page.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        self.execute(&format!("return {expression}"), Vec::new()).await.expect("a JavaScript expression")
    }

    /// Clicks the first element that a CSS selector matches.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(Locator::Css(selector)).await.expect("an element");
        element.click().await.expect("an element that can be clicked");
    }

    /// Types a text into the first field that a CSS selector matches.
    pub(crate) async fn write(&self, selector: &str, text: &str) {
        let field = self.find(Locator::Css(selector)).await.expect("a field");
        field.send_keys(text).await.expect("a field that can be filled in");
    }

    /// Returns all HTTP requests since the browser opened, in the order of their start.
    pub(crate) async fn requests(&mut self) -> &[Request] {
        for entry in self.log("performance").await {
            let text = entry["message"].as_str().expect("a message");
            let event = serde_json::from_str::<Value>(text).expect("a message in JSON");
            self.record_event(
                event["message"]["method"].as_str().unwrap_or_default(),
                &event["message"]["params"],
            );
        }
        &self.requests
    }

    /// Waits until a JavaScript expression is true in the page. A navigation does not end the wait.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let script = format!("return Boolean({expression})");
        async move {
            let begun = Instant::now();
            while !matches!(self.execute(&script, Vec::new()).await, Ok(Value::Bool(true))) {
                assert!(begun.elapsed() < Duration::from_secs(10), "timed out at {caller}: {script}");
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Returns every error in the console since the browser opened: requests that failed, uncaught exceptions,
    /// violations of a content security policy, `console.error`.
    pub(crate) async fn errors(&mut self) -> &[String] {
        self.read_console().await;
        &self.errors
    }

    /// Returns every warning in the console since the browser opened: `console.warn`, deprecations.
    pub(crate) async fn warnings(&mut self) -> &[String] {
        self.read_console().await;
        &self.warnings
    }

    /// Checks that the console has no error and no warning, such as an unused preload or a different integrity value.
    pub(crate) async fn assert_silent(&mut self) {
        assert_eq!(self.errors().await, [""; 0]);
        assert_eq!(self.warnings().await, [""; 0]);
    }

    async fn read_console(&mut self) {
        for entry in self.log("browser").await {
            let message = || entry["message"].as_str().expect("a message").to_owned();
            match entry["level"].as_str() {
                Some("SEVERE") => self.errors.push(message()),
                Some("WARNING") => self.warnings.push(message()),
                _ => {}
            }
        }
    }

    /// Records an event of the `Network` domain of the Chrome DevTools Protocol.
    fn record_event(&mut self, method: &str, params: &Value) {
        let id = params["requestId"].as_str().unwrap_or_default();
        let begun = self.requests.iter_mut().rfind(|request| request.id == id);
        match (method, begun) {
            ("Network.requestWillBeSent", begun) => {
                if let Some(redirected) = begun {
                    redirected.set_response(&params["redirectResponse"]);
                }
                let url = params["request"]["url"].as_str().unwrap_or_default();
                if url.starts_with("http") {
                    let (id, url) = (id.to_owned(), url.to_owned());
                    self.requests.push(Request { id, url, status: None, from_cache: false });
                }
            }
            ("Network.responseReceived", Some(request)) => request.set_response(&params["response"]),
            ("Network.requestServedFromCache", Some(request)) => request.from_cache = true,
            _ => {}
        }
    }

    /// Returns the new entries of a log.
    async fn log(&self, name: &'static str) -> Vec<Value> {
        match self.chromium("se/log", json!({ "type": name })).await {
            Value::Array(entries) => entries,
            other => panic!("a log that is not a list: {other}"),
        }
    }

    /// Sends a command of the Chrome DevTools Protocol.
    async fn dev_tools(&self, command: &str, parameters: Value) {
        self.chromium("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    async fn chromium(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(ChromiumCommand { path, body }).await.expect("a supported command")
    }

    /// Makes the driver exit together with its browser, because the browser would outlive a killed driver.
    fn shut_down(&mut self) -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new())?;
        Ok(self.driver.wait_for_exit())
    }
}

impl Request {
    fn set_response(&mut self, response: &Value) {
        self.status = response["status"].as_u64();
        self.from_cache |= response["fromDiskCache"] == true;
    }
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The error is ignored, so that a failing test reports its own error.
        self.shut_down().ok();
    }
}

fn capabilities(chromium: &Path, profile: &Path) -> Capabilities {
    let options = json!({
        "binary": chromium,
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,800",
            format!("--user-data-dir={}", profile.display()),
        ],
    });
    let logs = json!({ "browser": "ALL", "performance": "ALL" });
    Capabilities::from_iter([
        ("goog:chromeOptions".to_owned(), options),
        ("goog:loggingPrefs".to_owned(), logs),
    ])
}

/// A WebDriver command that only Chromium supports.
#[derive(Debug)]
struct ChromiumCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for ChromiumCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
