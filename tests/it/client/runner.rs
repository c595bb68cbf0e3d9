//! Runs the rows of the table with their libraries. Each run has its own site.

use std::{
    env,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Mutex,
    thread,
    time::Instant,
};

use tokio::runtime::Builder;

use super::site::{Library, Site};
use crate::tools::{Browser, is_large};

/// The number of browsers that run rows at the same time.
const BROWSERS: usize = 3;

type Test = for<'a> fn(&'a mut Browser, &'a Site) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A test, and the libraries that the test runs with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) libraries: &'static [Library],
    pub(super) test: Test,
}

macro_rules! rows {
    ($($libraries:expr => $($test:ident)::+,)*) => {
        &[$($crate::client::runner::Row {
            name: stringify!($($test)::+),
            libraries: $libraries,
            test: |browser, site| Box::pin($($test)::+(browser, site)),
        }),*]
    };
}
pub(super) use rows;

/// Runs each row with two of its libraries, which differ from row to row. Panics with a list of the failed rows.
///
/// With `FINGERPOST_TEST_LARGE`, runs each row with all its libraries. `FINGERPOST_TEST_ROWS` selects rows and
/// libraries: each word of the variable must occur in the name of the row or of the library.
pub(super) fn run(rows: &[Row]) {
    let words = env::var("FINGERPOST_TEST_ROWS").unwrap_or_default();
    let runs_all = !words.is_empty() || is_large();
    let cases = rows.iter().enumerate().flat_map(|(number, row)| {
        let libraries = row.libraries.iter().cycle().skip(number % row.libraries.len());
        let count = if runs_all { row.libraries.len() } else { row.libraries.len().min(2) };
        libraries.take(count).map(move |library| (row, *library))
    });
    let is_chosen = |row: &Row, library: Library| {
        words.split_whitespace().all(|word| row.name.contains(word) || library.contains(word))
    };
    let queue = Mutex::new(cases.filter(|(row, library)| is_chosen(row, library)));
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..BROWSERS {
            scope.spawn(|| work(&queue, &failed));
        }
    });
    let failed = failed.into_inner().expect("an unpoisoned lock");
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// Runs cases from the queue. A failed case may leave windows and requests behind, so the next case gets a new browser.
fn work<'r>(queue: &Mutex<impl Iterator<Item = (&'r Row, Library)>>, failed: &Mutex<Vec<String>>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut browser = None;
    loop {
        let next = queue.lock().expect("an unpoisoned lock").next();
        let Some((row, library)) = next else { return };
        if browser.is_none() {
            browser = runtime.block_on(Browser::open());
        }
        let Some(opened) = &mut browser else { return };
        let begun = Instant::now();
        let run = AssertUnwindSafe(|| runtime.block_on(run_case(opened, row, library)));
        if catch_unwind(run).is_err() {
            failed.lock().expect("an unpoisoned lock").push(format!("{} with {library}", row.name));
            browser = None;
        }
        let outcome = if browser.is_none() { "FAILED" } else { "ok" };
        let duration = begun.elapsed().as_millis();
        writeln!(io::stderr(), "{duration:5} ms {} with {library} ... {outcome}", row.name)
            .expect("stderr is open");
    }
}

async fn run_case(browser: &mut Browser, row: &Row, library: Library) {
    let Some(site) = Site::start(library).await else { return };
    (row.test)(browser, &site).await;
}
