//! Collects and packs `static` for `fingerpost::embed!()`, in release builds.

fn main() {
    fingerpost_collect::build_script();
}
