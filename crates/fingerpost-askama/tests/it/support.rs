//! Rendered pages, and tests in a separate process.

use std::{
    env,
    error::Error as _,
    io::{self, Write as _},
    process::{self, Command},
};

use adapter_suite::{Site, hash};
use askama::Template;
use fingerpost::Assets;
use fingerpost_askama::values;

/// Returns assets in production, whose only file is `css/app.css` with this content.
pub(crate) fn release(content: &str) -> (Site, Assets) {
    let site = Site::with_files(&[]);
    site.publish(&["css/app.css"], content);
    let assets = site.production().build().unwrap();
    (site, assets)
}

/// Returns the URL of `css/app.css` in production for this content.
pub(crate) fn hashed_path(content: &str) -> String {
    format!("/static/css/app.{}.css", hash(content))
}

/// Renders a page with the assets as a runtime value.
#[track_caller]
pub(crate) fn page(assets: &Assets, template: &impl Template) -> String {
    template.render_with_values(&values(assets)).unwrap()
}

/// Returns the core error that is the source of the engine's error.
pub(crate) fn core_error(err: &askama::Error) -> Option<&fingerpost::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

/// Returns the error of this crate that is the source of the engine's error.
pub(crate) fn own_error(err: &askama::Error) -> Option<&fingerpost_askama::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

const CHILD_VARIABLE: &str = "FINGERPOST_IT_CHILD";
const RESULT_PREFIX: &str = "result: ";

/// Runs `job` in a separate process, because the global can be set only once per process. Returns the result of `job`.
///
/// The process executes only the calling test of this program. In the separate process, this function runs the job
/// and exits. The name of the test comes from the type of the closure, so write the closure in the test itself.
#[track_caller]
pub(crate) fn in_own_process<J: FnOnce() -> String>(job: J) -> String {
    if env::var_os(CHILD_VARIABLE).is_some() {
        write!(io::stderr(), "{RESULT_PREFIX}{}", job()).expect("standard error is writable");
        process::exit(0);
    }
    let test = std::any::type_name::<J>().replace("::{{closure}}", "");
    let (_crate, test) = test.split_once("::").expect("the closure is in a module");
    let mut command = Command::new(env::current_exe().unwrap());
    let output =
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD_VARIABLE, "1").output();
    let output = output.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    match stderr.split_once(RESULT_PREFIX) {
        Some((_, result)) if output.status.success() => result.to_owned(),
        _ => panic!("{test} in a separate process: {}\n{stderr}", output.status),
    }
}
