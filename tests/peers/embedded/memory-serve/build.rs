//! Embeds the files.

fn main() {
    memory_serve::load_directory("../source");
}
