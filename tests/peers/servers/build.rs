//! Writes the served files to `public`: text that compresses about as well as real style sheets and scripts.

use std::{fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let public = Path::new("public");
    fs::create_dir_all(public).expect("a directory");
    write(&public.join("app.css"), &text(10 * 1024));
    write(&public.join("app.js"), &text(100 * 1024));
    memory_serve::load_directory("./public");
}

/// Returns lines of words in pseudorandom order.
fn text(size: usize) -> String {
    let words = ["color", "margin", "padding", "var(--ink)", "display", "grid", "0.25rem", "solid", "#8fb1e5", "button"];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut text = String::from("/* made by build.rs */\n");
    while text.len() < size - 40 {
        // Xorshift with a fixed seed, so that every build writes the same text.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = |shift: u32| words[(state >> shift) as usize % words.len()];
        text += &format!("/*{} {}-{}: {};*/\n", state % 997, word(8), word(24), word(40));
    }
    let rest = size - text.len();
    text + &" ".repeat(rest)
}

/// Writes a file only if the content differs, because a new modification time would affect caches.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).ok().as_deref() != Some(text) {
        fs::write(file, text).expect("a file");
    }
}
