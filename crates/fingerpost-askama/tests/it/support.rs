//! Pages of a site, rendered, and tests in a process of their own.

use std::{
    env,
    error::Error as _,
    io::{self, Write as _},
    process::{self, Command},
};

use askama::Template;
use conformance::{Site, hash};
use fingerpost::Assets;
use fingerpost_askama::values;

/// Assets in production whose one file, `css/app.css`, holds `content`.
pub(crate) fn release(content: &str) -> (Site, Assets) {
    let site = Site::with_files(&[]);
    site.publish(&["css/app.css"], content);
    let assets = site.production().build().unwrap();
    (site, assets)
}

/// What `css/app.css` is called in production when it holds `content`.
pub(crate) fn hashed_path(content: &str) -> String {
    format!("/static/css/app.{}.css", hash(content))
}

/// A page that gets its assets as a runtime value.
#[track_caller]
pub(crate) fn page(assets: &Assets, template: &impl Template) -> String {
    template.render_with_values(&values(assets)).unwrap()
}

/// The core's own error, right behind what the engine says.
pub(crate) fn core_error(err: &askama::Error) -> Option<&fingerpost::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

/// Our own error, right behind what the engine says.
pub(crate) fn own_error(err: &askama::Error) -> Option<&fingerpost_askama::Error> {
    err.source().and_then(|err| err.downcast_ref())
}

const CHILD_VARIABLE: &str = "FINGERPOST_IT_CHILD";
const RESULT_PREFIX: &str = "answer: ";

/// What `job` answers in a process of its own, for a process has one global.
///
/// The process is this program, told to run the calling test alone: there the call does its job and ends the process. So
/// the closure is written in the test itself.
#[track_caller]
pub(crate) fn in_own_process<J: FnOnce() -> String>(job: J) -> String {
    if env::var_os(CHILD_VARIABLE).is_some() {
        write!(io::stderr(), "{RESULT_PREFIX}{}", job()).expect("standard error can be written to");
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
        Some((_, answer)) if output.status.success() => answer.to_owned(),
        _ => panic!("{test} in a process of its own: {}\n{stderr}", output.status),
    }
}
