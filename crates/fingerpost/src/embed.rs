//! Packs inside the program.

/// Includes a pack of `fingerpost collect --pack` in the program, for [`AssetsBuilder::embedded`](crate::AssetsBuilder::embedded).
///
/// `embed!("dist/static.tar")` includes the file at this path, relative to the directory of `Cargo.toml`. If the file is
/// missing, the compiler reports the path of the file. The command that writes the file is
/// `fingerpost collect static --out dist/static --pack dist/static.tar`.
/// `embed!()` includes the pack that a `build.rs` writes with `fingerpost_collect::build_script()`.
///
/// The value is an `Option` of a [`TarStore`](crate::manifest::TarStore). A build with debug assertions includes no
/// pack, so that development needs no pack. The value is then `None`.
///
/// ```
/// # #[cfg(debug_assertions)] {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// # let source = dir.path();
/// use fingerpost::{Assets, Mode};
///
/// let assets = Assets::builder().source(source).embedded(fingerpost::embed!("dist/static.tar")).mode(Mode::Dev).build()?;
/// assert_eq!(assets.url("a.css")?, "/static/a.css?v=7c98040a5416");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! embed {
    () => {
        $crate::embed!(@ "fingerpost.tar", env!(
            "OUT_DIR",
            "`embed!()` needs a build.rs that calls `fingerpost_collect::build_script()`; else name the pack: `embed!(\"dist/static.tar\")`"
        ))
    };
    ($path:literal) => {
        $crate::embed!(@ $path, env!("CARGO_MANIFEST_DIR"))
    };
    (@ $path:literal, $dir:expr) => {{
        #[cfg(debug_assertions)]
        let pack = ::core::option::Option::None::<$crate::manifest::TarStore>;
        #[cfg(not(debug_assertions))]
        let pack = ::core::option::Option::Some($crate::manifest::TarStore::from_static(
            $path,
            include_bytes!(concat!($dir, "/", $path)),
        ));
        pack
    }};
}
