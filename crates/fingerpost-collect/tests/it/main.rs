//! Tests of the crate through the public API.

#[cfg(feature = "js")]
mod bundlers;
#[cfg(feature = "js")]
mod cache;
mod clean;
mod components;
mod compression;
mod css;
#[cfg(feature = "zstd")]
mod deltas;
mod determinism;
mod graphs;
#[cfg(feature = "js")]
mod import_map;
#[cfg(feature = "js")]
mod imports;
#[cfg(feature = "js")]
mod javascript;
mod keep_from;
mod locks;
mod originals;
mod pack;
#[cfg(feature = "js")]
mod prehashed;
mod problems;
mod records;
mod releases;
mod release_list;
mod repair;
mod rewritten;
mod rollback;
mod scanning;
mod settings;
mod site;
mod source_maps;
#[cfg(unix)]
mod symlinks;
mod uses;
#[cfg(not(feature = "js"))]
mod without_js;
mod writing;

#[test]
fn public_types_are_send_and_sync() {
    fn assert_send_and_sync<T: Send + Sync + std::fmt::Debug>() {}
    assert_send_and_sync::<fingerpost_collect::CleanConfig>();
    assert_send_and_sync::<fingerpost_collect::CleanReport>();
    assert_send_and_sync::<fingerpost_collect::CollectConfig>();
    assert_send_and_sync::<fingerpost_collect::Error>();
    assert_send_and_sync::<fingerpost_collect::ReleaseList>();
    assert_send_and_sync::<fingerpost_collect::Report>();
    assert_send_and_sync::<fingerpost_collect::RollbackConfig>();
    assert_send_and_sync::<fingerpost_collect::RollbackReport>();
}
