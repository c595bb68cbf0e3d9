//! A script, whatever is in it, is collected without a panic, and no byte but hashes is added.
#![no_main]

use std::{panic, thread};

use fuzz::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = {
        let_the_parser_give_up();
        Site::new("app.js")
    };
}

/// The parser has a thread of its own, whose panics `collect` survives; others still come back to this thread.
fn let_the_parser_give_up() {
    let (this, hook) = (thread::current().id(), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == this {
            hook(info);
        }
    }));
}

fuzz_target!(|bytes: &[u8]| SITE.with(|site| site.check(bytes)));
